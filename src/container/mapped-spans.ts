/** Which ids of the host the configurations of a store map: all of them are read for each container that is made there. */
import { closeSync, constants, existsSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { parseLine } from '../config/document.ts';
import { readConfigFile } from '../config/read-file.ts';
import type { IdSpan } from '../host/subordinate-ids.ts';

const KEY = 'lxc.idmap';
/** What may be one of its lines: only those are parsed. */
const LINES = /^\s*lxc\.idmap[^\n]*/gm;

function spanOf(raw: string): IdSpan[] {
  const line = parseLine(raw);
  if (line.kind !== 'entry' || line.key !== KEY) return [];
  const [first, count] = line.value.trim().split(/\s+/).slice(2).map(Number);
  return Number.isSafeInteger(first) && Number.isSafeInteger(count) ? [{ first, count } as IdSpan] : [];
}

/** The outside ids of every lxc.idmap line of a configuration file; what it includes is not looked at. */
export function mappedSpans(config: string): IdSpan[] {
  try {
    return [...textFor(config).matchAll(LINES)].flatMap(([raw]) => spanOf(raw));
  } catch {
    // A broken configuration must not stop others from being made; its range is still recorded by its file.
    return [];
  }
}

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;
/** No configuration is larger. */
const buffer = Buffer.allocUnsafeSlow(1024 * 1024);

/**
 * Whatever is in it: what readConfigFile checks takes five times as long, and is of use to who heeds or shows what it says. Where a
 * link leads, and who may say so, that looks at. Throws as it does, or the system's error.
 */
function textFor(config: string): string {
  let fd;
  try {
    fd = openSync(config, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ELOOP') return readConfigFile(config).text;
    throw error;
  }
  try {
    return buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, 0));
  } finally {
    closeSync(fd);
  }
}

/** The spans that containers below these directories have in their configurations. */
export function usedSpans(lxcpaths: readonly string[]): IdSpan[] {
  return lxcpaths.filter(existsSync).flatMap((lxcpath) =>
    readdirSync(lxcpath, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap((entry) => mappedSpans(join(lxcpath, entry.name, 'config'))),
  );
}

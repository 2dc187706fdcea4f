/** What a person asks of a container's limits: NAME=VALUE, NAME- and whole keys of the configuration. */
import { BadValue } from '../../config/key.ts';
import { nearest } from '../../config/nearest.ts';
import { find } from '../../config/registry.ts';
import { checkCgroupFile } from '../../config/values/cgroup-files.ts';
import { usageError, type TlxcError } from '../../errors.ts';
import { LIMITS, type Limit } from './names.ts';

export interface Change {
  /** As typed: memory=2G. */
  readonly text: string;
  /** lxc.cgroup.* is of version 1. */
  readonly world: 1 | 2;
  readonly file: string;
  /** Of the file; null: no limit, and what that is in the running container. */
  readonly value: string | null;
  readonly none: string;
  /** Of a throttle: the beginning of the lines in the file that it is about, "8:0 ", and its part of them. */
  readonly line?: { readonly device: string; readonly part: string };
}

const KEY = /^lxc\.cgroup(2?)\.(?!dir\b|relative\b|devices\b)([a-zA-Z0-9_]+(?:\.[a-zA-Z0-9_-]+)+)$/;

const KNOWN = LIMITS.map(({ name }) => name);

/** A key of the configuration, in full or without its beginning: health.interval. */
const keyOf = (name: string): string | undefined =>
  [name, `tlxc.${name}`, `lxc.${name}`].find((each) => find(each).kind === 'key');

function unknown(name: string): TlxcError {
  const key = keyOf(name);
  if (key !== undefined)
    return usageError(
      `'${name}' is no limit`,
      `${key} is a key of its configuration: write it there, for its next start`,
    );
  // mem is memory rather than mems, which is a letter away.
  const meant = KNOWN.find((known) => name !== '' && known.startsWith(name)) ?? nearest(name, KNOWN);
  return usageError(
    `'${name}' is no limit`,
    `${meant ? `${meant} is probably meant; ` : ''}there are ${KNOWN.join(', ')}, and keys such as lxc.cgroup2.memory.max`,
  );
}

/** A word without a value: a limit's name ("memory", or "memory 100M" in two words), or anything. */
function noChange(text: string): TlxcError {
  if (!LIMITS.some(({ name }) => name === text) && !KEY.test(text))
    return usageError(`'${text}' is no limit`, 'NAME=VALUE sets one, NAME- removes it: memory=2G, memory-');
  return usageError(`'${text}' has no value`, `${text}=VALUE sets it, in one word; ${text}- removes it`);
}

/** A throttle is of one device, which its removal names, too: read=8:0:max. */
function throttleChange(text: string, { file, parse, part = 'rbps' }: Limit, value: string): Change {
  const [device = '', rest = ''] = parse(value).split(' ');
  const none = `${device} ${part}=max`;
  const isNone = rest.endsWith('=max');
  return {
    ...{ text, world: 2, file, none, line: { device, part } },
    value: isNone ? null : `${device} ${rest}`,
  };
}

function limitChange(text: string, limit: Limit, given: string | null): Change {
  const { file, none, parse } = limit;
  if (limit.part !== undefined) {
    if (given === null)
      throw usageError(`${text}: a limit of which device?`, `${limit.name}=DEVICE:max removes that of one`);
    return throttleChange(text, limit, given);
  }
  const isNone = given === null || given === 'max' || given === '';
  return { text, world: 2, file, none, value: isNone ? null : parse(given) };
}

function keyChange(text: string, [, two = '', file = '']: RegExpExecArray, given: string | null): Change {
  const world = two === '2' ? 2 : 1;
  const none = LIMITS.find((limit) => world === 2 && limit.file === file && !limit.part)?.none;
  const isNone = given === null || given === '';
  if (isNone && none === undefined)
    throw usageError(
      `${text}: what ${file} is without a limit is not known`,
      `give it that value: ${file}=VALUE`,
    );
  return { text, world, file, none: none ?? '', value: isNone ? null : given };
}

/** Throws TLXC_E_USAGE for what is no limit or no value of it. */
export function parseChange(text: string): Change {
  const [, name = '', given = null] = /^([^=]+?)(?:-|=(.*))$/s.exec(text) ?? [];
  if (name === '') throw noChange(text);
  const key = KEY.exec(name);
  const limit = LIMITS.find((each) => each.name === name);
  if (!key && !limit) throw unknown(name);
  try {
    const change = limit ? limitChange(text, limit, given) : keyChange(text, key as RegExpExecArray, given);
    if (change.value !== null) checkCgroupFile(change.file, change.value, () => undefined);
    return change;
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    throw usageError(
      `${text}: ${error.message}`,
      limit ? `${name} takes ${limit.syntax} or max` : `see ${name} in tlxc.container.conf(5)`,
    );
  }
}

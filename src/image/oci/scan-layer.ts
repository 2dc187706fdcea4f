/** Reads a layer once before it is unpacked: is it the one that the image's configuration means, and what is in it? */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import type { ReadEntry } from 'tar';
import { decoded } from '../compression.ts';
import { MAX_PATH } from '../member-scan.ts';
import { isBomb, MAX_RATIO } from '../unpack-tar.ts';
import { refuse } from './documents.ts';
import type { LayerMember } from './layer-tree.ts';

export interface LayerContent {
  readonly members: readonly LayerMember[];
  /** Of the archive, decompressed: "sha256:…". */
  readonly diffId: string;
  /** Bytes of the archive, decompressed. */
  readonly size: number;
}

export interface ScanRequest {
  /** The layer's file, compressed as it was stored. */
  readonly file: string;
  readonly decoder: readonly string[];
  /** For the errors. */
  readonly what: string;
  /** What is left of what an image may have, decompressed. */
  readonly limits: { readonly bytes: number; readonly members: number };
}

const KINDS: Readonly<Record<string, LayerMember['kind']>> = {
  Directory: 'directory',
  GNUDumpDir: 'directory',
  SymbolicLink: 'symlink',
  Link: 'hardlink',
};

/** null: its names are longer than any path. */
function memberOf({ path, type, linkpath }: ReadEntry): LayerMember | null {
  const target = linkpath ?? '';
  if (path.length > MAX_PATH || target.length > MAX_PATH) return null;
  return { path, kind: KINDS[type] ?? 'other', target };
}

/** Throws TLXC_E_IMAGE for what is no whole tar archive, or too large. */
export async function scanLayer({ file, decoder: argv, what, limits }: ScanRequest): Promise<LayerContent> {
  const { Parser } = await import('tar');
  const members: LayerMember[] = [];
  const scan: { problem: string | null } = { problem: null };
  const parser = new Parser({
    onReadEntry: (entry) => {
      const member = memberOf(entry);
      if (member === null) scan.problem ??= 'a path in it is too long';
      else members.push(member);
      entry.resume();
    },
    onwarn: (code, message) => {
      if (/^TAR_(BAD_ARCHIVE|ABORT|ENTRY_INVALID|ENTRY_ERROR)$/.test(code)) scan.problem ??= message;
    },
  });
  parser.on('error', (error: Error) => (scan.problem ??= error.message));
  const compressed = statSync(file).size;
  const hash = createHash('sha256');
  let [size, empty] = [0, true];
  for await (const chunk of decoded(file, { decoder: argv, what })) {
    size += chunk.length;
    hash.update(chunk);
    // An archive without members is nothing but zeros, and nothing that the parser knows.
    empty &&= chunk.every((byte) => byte === 0);
    if (!empty) parser.write(chunk);
    if (isBomb(size, compressed)) scan.problem ??= `it grows to more than ${MAX_RATIO} times its size`;
    if (size > limits.bytes) scan.problem ??= 'the image is too large';
    if (members.length > limits.members) scan.problem ??= 'the image has too many members';
    if (scan.problem !== null) break;
  }
  const check = (): void => {
    if (scan.problem !== null) throw refuse(what, `damaged or hostile, ${scan.problem}`);
  };
  check();
  // What is wrong at the very end the parser finds then.
  if (!empty) parser.end();
  check();
  return { members, diffId: `sha256:${hash.digest('hex')}`, size };
}

/** Reads a layer once before it is unpacked: is it the one that the image's configuration means, and what is in it? */
import { createHash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { programError, startProgram } from '../../host/program.ts';
import { decoderPrivileges } from '../compression.ts';
import { refuse } from './documents.ts';
import type { LayerMember } from './layer-tree.ts';

export interface LayerContent {
  readonly members: readonly LayerMember[];
  /** Of the archive, decompressed: "sha256:…". */
  readonly diffId: string;
}

export interface ScanRequest {
  /** The layer's file, compressed as it was stored. */
  readonly file: string;
  readonly decoder: readonly string[];
  /** For the errors. */
  readonly what: string;
  /** Bytes that it may have when it is decompressed. */
  readonly limit: number;
}

const MAX_MEMBERS = 2_000_000;

const KINDS: Readonly<Record<string, LayerMember['kind']>> = {
  Directory: 'directory',
  GNUDumpDir: 'directory',
  SymbolicLink: 'symlink',
  Link: 'hardlink',
};

/** Throws TLXC_E_IMAGE for what is no whole tar archive, or too large. */
export async function scanLayer({ file, decoder: argv, what, limit }: ScanRequest): Promise<LayerContent> {
  const { Parser } = await import('tar');
  const members: LayerMember[] = [];
  const scan: { problem: string | null } = { problem: null };
  const parser = new Parser({
    onReadEntry: (entry) => {
      const kind = KINDS[entry.type] ?? 'other';
      members.push({ path: entry.path, kind, target: entry.linkpath ?? '' });
      entry.resume();
    },
    onwarn: (code, message) => {
      if (/^TAR_(BAD_ARCHIVE|ABORT|ENTRY_INVALID|ENTRY_ERROR)$/.test(code)) scan.problem ??= message;
    },
  });
  parser.on('error', (error: Error) => (scan.problem ??= error.message));
  const input = openSync(file, 'r');
  const decoder = startProgram(argv, { stdin: input, stdout: 'pipe', privileges: decoderPrivileges() });
  closeSync(input);
  const hash = createHash('sha256');
  let size = 0;
  let empty = true;
  for await (const chunk of decoder.child.stdout as Readable as AsyncIterable<Buffer>) {
    size += chunk.length;
    hash.update(chunk);
    // An archive without members is nothing but zeros, and nothing that the parser knows.
    empty &&= chunk.every((byte) => byte === 0);
    if (!empty) parser.write(chunk);
    if (size > limit) scan.problem ??= `it is larger than ${limit} bytes`;
    if (members.length > MAX_MEMBERS) scan.problem ??= `it has more than ${MAX_MEMBERS} members`;
    if (scan.problem !== null) break;
  }
  if (scan.problem !== null) decoder.child.kill('SIGKILL');
  else if (!empty) parser.end();
  const ended = await decoder.ended;
  if (scan.problem !== null) throw refuse(what, `damaged or hostile, ${scan.problem}`);
  if (ended.status !== 0)
    throw programError(ended, { code: 'TLXC_E_IMAGE', what: `${what} could not be decompressed` });
  return { members, diffId: `sha256:${hash.digest('hex')}` };
}

/** How an archive is compressed, found from its first bytes, and the program that undoes it. */
import { closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { TlxcError } from '../errors.ts';
import type { Gauge } from '../gauge.ts';
import { readBy } from '../host/copy-gauge.ts';
import { probeHost } from '../host/probe.ts';
import { programError, startProgram, type Ended, type RunningProgram } from '../host/program.ts';

/** xz uses every core on archives made of blocks; its limits hold for what a hostile header asks for. */
const DECODERS: readonly (readonly [string, readonly string[]])[] = [
  ['fd377a585a00', ['xz', '-T0', '-dc', '--memlimit-decompress=512MiB']],
  ['28b52ffd', ['zstd', '-dc', '--memory=512MB']],
  ['1f8b', ['gzip', '-dc']],
];
const TAR_MAGIC_AT = 257;
const SQUASHFS = 'hsqs';

/** So many first bytes tell what an archive is. */
export const HEAD = TAR_MAGIC_AT + 5;

/** The first bytes of the file at path. */
export function headOf(path: string): Buffer {
  const head = Buffer.alloc(HEAD);
  const fd = openSync(path, 'r');
  try {
    return head.subarray(0, readSync(fd, head, 0, head.length, 0));
  } finally {
    closeSync(fd);
  }
}

export const isSquashfs = (head: Buffer): boolean => head.toString('latin1', 0, SQUASHFS.length) === SQUASHFS;

/** The argv of the decoder (it reads standard input) of the archive that begins so; throws TLXC_E_IMAGE for no archive we know. */
export function decoderFor(head: Buffer, name: string): readonly string[] {
  const hex = head.toString('hex');
  const known = DECODERS.find(([magic]) => hex.startsWith(magic));
  if (known) return known[1];
  if (head.toString('latin1', TAR_MAGIC_AT) === 'ustar') return ['cat'];
  if (hex === '')
    throw new TlxcError({
      code: 'TLXC_E_IMAGE',
      message: `${name} is empty`,
      hint: 'what was to write it has failed, or has not begun',
    });
  throw new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `${name} is no tar archive (plain, or compressed with xz, zstd or gzip)`,
    ...(isSquashfs(head) ? { hint: 'it is a squashfs image, which holds a root filesystem' } : {}),
  });
}

/** The decoder of the archive at path. */
export const decoderOf = (path: string): readonly string[] => decoderFor(headOf(path), path);

/** setpriv options for a decoder: it needs its two descriptors and nothing else of the host. Only root has ids to give up. */
export function decoderPrivileges(): readonly string[] {
  if (probeHost().user !== null) return ['--inh-caps=-all', '--no-new-privs'];
  const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
  return [...nobody, '--inh-caps=-all', '--bounding-set=-all', '--no-new-privs'];
}

/** What xz, zstd and gzip say of an archive that is not all there. */
const CUT = /unexpected end|premature end|truncated/i;

function decoderError(ended: Ended, what: string): TlxcError {
  if (!ended.errorLines.some((line) => CUT.test(line)))
    return programError(ended, { code: 'TLXC_E_IMAGE', what: `${what} could not be decompressed` });
  return new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `${what} ends early: it was cut off, or the copy was not finished`,
    hint: 'transfer it once more',
  });
}

/** How much of the archive the decoder has taken. */
export function gaugeOf(decoder: RunningProgram, path: string): Gauge {
  const [done, total] = [readBy(decoder), statSync(path).size];
  return () => ({ done: done(), total });
}

/**
 * What is in an archive, decompressed by a process without privileges, which ends with the loop that takes it. `what` is what
 * the errors call it. Throws TLXC_E_IMAGE where it is none, or not whole.
 */
export async function* decoded(
  path: string,
  {
    what = path,
    decoder = decoderFor(headOf(path), what),
    onGauge,
  }: { what?: string; decoder?: readonly string[]; onGauge?: ((gauge: Gauge) => void) | undefined } = {},
): AsyncGenerator<Buffer, void, undefined> {
  const input = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const program = startProgram(decoder, { stdin: input, stdout: 'pipe', privileges: decoderPrivileges() });
  closeSync(input);
  onGauge?.(gaugeOf(program, path));
  try {
    yield* program.child.stdout as AsyncIterable<Buffer>;
    const ended = await program.ended;
    if (ended.status !== 0) throw decoderError(ended, what);
  } finally {
    program.child.kill('SIGKILL');
  }
}

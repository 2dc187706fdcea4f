/** How an archive is compressed, found from its first bytes, and the program that undoes it. */
import { closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { TlxcError } from '../errors.ts';
import type { Gauge } from '../gauge.ts';
import { readBy } from '../host/copy-gauge.ts';
import { isInstalled } from '../host/packers.ts';
import { probeHost } from '../host/probe.ts';
import {
  PLAIN_ENVIRONMENT,
  programError,
  startProgram,
  type Ended,
  type ProgramOptions,
  type RunningProgram,
} from '../host/program.ts';
import { feed, type Arrival } from './arrival.ts';

interface Decoder {
  /** How an archive begins that it undoes, in hex. */
  readonly begins: RegExp;
  readonly argv: readonly [program: string, ...words: string[]];
  /** The Debian package that has it. */
  readonly from: string;
}

/**
 * xz uses every core on archives made of blocks; its limits hold for what a hostile header asks for. zstd's frames may follow
 * one that a decoder skips: pzstd, and formats that can be read at any place, begin with such.
 */
const DECODERS: readonly Decoder[] = [
  {
    begins: /^(fd377a585a00|5d0000)/,
    argv: ['xz', '-T0', '-dc', '--memlimit-decompress=512MiB'],
    from: 'xz-utils',
  },
  { begins: /^(28b52ffd|5[0-9a-f]2a4d18)/, argv: ['zstd', '-dc', '--memory=512MB'], from: 'zstd' },
  { begins: /^1f8b/, argv: ['gzip', '-dc'], from: 'gzip' },
  { begins: /^425a68[1-9]/, argv: ['bzip2', '-dc'], from: 'bzip2' },
];
/** What other programs undo, which nobody has to have: who has such an archive gets a command. */
const OTHERS: readonly (readonly [begins: RegExp, program: string])[] = [
  [/^894c5a4f000d0a1a0a/, 'lzop'],
  [/^04224d18/, 'lz4'],
  [/^4c5a4950/, 'lzip'],
];
const SQUASHFS = 'hsqs';
/** A header of tar's is so long; in it, its checksum. */
const BLOCK = 512;
const CHECKSUM = [148, 156] as const;

/** So many first bytes tell what an archive is. */
export const HEAD = BLOCK;

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

/** By its first header, whichever of tar's formats it has: the oldest has no word of its own there. */
function isTar(head: Buffer): boolean {
  const [from, to] = CHECKSUM;
  const told = /^ *([0-7]+)[ \0]/.exec(head.toString('latin1', from, to))?.[1];
  const sum = head.reduce((all, byte, at) => all + (at >= from && at < to ? 0x20 : byte), 0);
  return head.length === BLOCK && told !== undefined && parseInt(told, 8) === sum;
}

/** The argv of the decoder (it reads standard input) of the archive that begins so; throws TLXC_E_IMAGE for no archive we know. */
export function decoderFor(head: Buffer, name: string): readonly string[] {
  const hex = head.toString('hex');
  const known = DECODERS.find(({ begins }) => begins.test(hex));
  if (known) return installed(known, name);
  if (isTar(head)) return ['cat'];
  throw new TlxcError({ code: 'TLXC_E_IMAGE', ...strange(head, hex, name) });
}

function installed({ argv, from }: Decoder, name: string): readonly string[] {
  const [program] = argv;
  if (isInstalled(program)) return argv;
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: `${name} is compressed with ${program}, which is not installed`,
    hint: `install it (Debian: ${from})`,
  });
}

function strange(head: Buffer, hex: string, name: string): { message: string; hint?: string } {
  if (hex === '')
    return { message: `${name} is empty`, hint: 'what was to write it has failed, or has not begun' };
  const message = `${name} is no tar archive (plain, or compressed with xz, zstd, gzip or bzip2)`;
  if (isSquashfs(head)) return { message, hint: 'it is a squashfs image, which holds a root filesystem' };
  const [, other] = OTHERS.find(([begins]) => begins.test(hex)) ?? [];
  if (other === undefined) return { message };
  return { message: `${name} is compressed with ${other}`, hint: `decompress it first: ${other} -d` };
}

/** The decoder of the archive at path. */
export const decoderOf = (path: string): readonly string[] => decoderFor(headOf(path), path);

/** setpriv options for a decoder: it needs its two descriptors and nothing else of the host. Only root has ids to give up. */
function decoderPrivileges(): readonly string[] {
  if (probeHost().user !== null) return ['--inh-caps=-all', '--no-new-privs'];
  const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
  return [...nobody, '--inh-caps=-all', '--bounding-set=-all', '--no-new-privs'];
}

/**
 * xz takes 25 MiB and more for each block of an archive, and gives it back: in pages of 2 MiB, where the kernel has them for who
 * asks, that is a tenth of its time.
 */
const DECODER_ENVIRONMENT = { ...PLAIN_ENVIRONMENT, GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' };

/** Starts a decoder without privileges, whose standard input and output are given. */
export const startDecoder = (
  argv: readonly string[],
  streams: Required<Pick<ProgramOptions, 'stdin' | 'stdout'>>,
): RunningProgram =>
  startProgram(argv, {
    ...streams,
    privileges: decoderPrivileges(),
    environment: DECODER_ENVIRONMENT,
  });

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

interface Decoding {
  /** What the errors call it. */
  readonly what?: string;
  readonly decoder?: readonly string[];
  /** It is being written: its bytes are taken as they come. */
  readonly arrival?: Arrival | undefined;
  readonly onGauge?: ((gauge: Gauge) => void) | undefined;
}

/**
 * What is in an archive, decompressed by a process without privileges, which ends with the loop that takes it. Throws
 * TLXC_E_IMAGE where it is none, or not whole.
 */
export async function* decoded(
  path: string,
  decoding: Decoding = {},
): AsyncGenerator<Buffer, void, undefined> {
  const { what = path, arrival, onGauge } = decoding;
  const decoder = decoding.decoder ?? decoderFor((await arrival?.head(HEAD)) ?? headOf(path), what);
  const feeder = arrival && feed(arrival);
  const input = feeder?.outlet ?? openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const program = startWith(decoder, input);
  if (!arrival) onGauge?.(gaugeOf(program, path));
  try {
    yield* program.child.stdout as AsyncIterable<Buffer>;
    const ended = await program.ended;
    if (ended.status !== 0) throw decoderError(ended, what);
    await feeder?.fed;
  } finally {
    program.child.kill('SIGKILL');
  }
}

/** Closes `input`, which is the decoder's alone then. */
function startWith(decoder: readonly string[], input: number): RunningProgram {
  try {
    return startDecoder(decoder, { stdin: input, stdout: 'pipe' });
  } finally {
    closeSync(input);
  }
}

/** errno in its three forms: number (native code), symbol (TlxcError), words (what a person reads). */
import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

/** Linux errnos that neither node:os nor libuv knows, of those that mounts, keys and media give. */
const FURTHER: readonly (readonly [number, string, string])[] = [
  [15, 'ENOTBLK', 'block device required'],
  [112, 'EHOSTDOWN', 'host is down'],
  [117, 'EUCLEAN', 'structure needs cleaning'],
  [123, 'ENOMEDIUM', 'no medium found'],
  [124, 'EMEDIUMTYPE', 'wrong medium type'],
  [126, 'ENOKEY', 'required key not available'],
  [127, 'EKEYEXPIRED', 'key has expired'],
  [128, 'EKEYREVOKED', 'key has been revoked'],
  [129, 'EKEYREJECTED', 'key was rejected by service'],
];
/** Those node:os names but libuv has no words for, or words that fit few callers. */
const WORDS: Readonly<Record<string, string>> = {
  EBADMSG: 'bad message',
  ECHILD: 'no child processes',
  EDEADLK: 'resource deadlock avoided',
  EDQUOT: 'disk quota exceeded',
  EIDRM: 'identifier removed',
  EISDIR: 'is a directory',
  ENOEXEC: 'exec format error',
  ENOLCK: 'no locks available',
  ENOLINK: 'link has been severed',
  ENOMSG: 'no message of desired type',
  ENOSR: 'out of streams resources',
  ENOSTR: 'device not a stream',
  ENOTSUP: 'operation not supported',
  EOPNOTSUPP: 'operation not supported',
  ERANGE: 'value out of range',
  ESTALE: 'stale file handle',
  ETIME: 'timer expired',
};

/** As on every architecture (asm-generic/errno-base.h), of those that any command meets: node:os need not be loaded for them. */
const USUAL: Readonly<Record<number, string>> = {
  1: 'EPERM',
  2: 'ENOENT',
  11: 'EAGAIN',
  13: 'EACCES',
  17: 'EEXIST',
  20: 'ENOTDIR',
};

let names: ReadonlyMap<number, string> | undefined;

/** 1 -> "EPERM"; a number without a name is given as "errno 530". */
export function errnoName(number: number): string {
  const usual = USUAL[number];
  if (usual !== undefined) return usual;
  // Of two names for a number the first counts.
  names ??= new Map(
    Object.entries(constants.errno)
      .map(([name, value]) => [value, name] as const)
      .reverse(),
  );
  return names.get(number) ?? FURTHER.find(([value]) => value === number)?.[1] ?? `errno ${number}`;
}

/** "EPERM" -> "operation not permitted"; a name without words is given as it is. */
export function errnoWords(name: string): string {
  if (WORDS[name]) return WORDS[name];
  for (const [known, words] of getSystemErrorMap().values()) if (known === name) return words;
  return FURTHER.find(([, known]) => known === name)?.[2] ?? name;
}

/** `message: errno in words`, unless the message ends with the reason already. */
export function withReason(message: string, errno: string | undefined): string {
  const words = errno === undefined ? '' : errnoWords(errno);
  const said = message.split(': ').at(-1) ?? '';
  return words === '' || message.includes(words) || words.startsWith(said) ? message : `${message}: ${words}`;
}

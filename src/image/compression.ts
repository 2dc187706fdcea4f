/** How an archive is compressed, found from its first bytes, and the program that undoes it. */
import { closeSync, openSync, readSync } from 'node:fs';
import { TlxcError } from '../errors.ts';
import { probeHost } from '../host/probe.ts';

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

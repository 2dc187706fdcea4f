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

/** The decoder's argv for the archive at path (it reads standard input); throws TLXC_E_IMAGE for what is none we know. */
export function decoderOf(path: string): readonly string[] {
  const head = Buffer.alloc(TAR_MAGIC_AT + 5);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, head, 0, head.length, 0);
  } finally {
    closeSync(fd);
  }
  const hex = head.toString('hex');
  const known = DECODERS.find(([magic]) => hex.startsWith(magic));
  if (known) return known[1];
  if (head.toString('latin1', TAR_MAGIC_AT) === 'ustar') return ['cat'];
  throw new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `${path} is no tar archive (plain, or compressed with xz, zstd or gzip)`,
    ...(hex.startsWith('68737173') ? { hint: 'it is a squashfs image, which TLXC cannot read' } : {}),
  });
}

/** setpriv options for a decoder: it needs its two descriptors and nothing else of the host. Only root has ids to give up. */
export function decoderPrivileges(): readonly string[] {
  if (probeHost().user !== null) return ['--inh-caps=-all', '--no-new-privs'];
  const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
  return [...nobody, '--inh-caps=-all', '--bounding-set=-all', '--no-new-privs'];
}

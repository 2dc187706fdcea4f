/**
 * Where an unpacker runs. What an archive can make it do is contained by construction: its own mount and network namespace,
 * chrooted into a tmpfs that holds a read-only /usr and the empty target, with the few capabilities that extraction takes.
 */
import { basename } from 'node:path';
import { asRootOf, type Mapping } from '../host/mapped.ts';

export interface Jail {
  /** Empty directories side by side: the jail's root, and the target, which is /rootfs inside. The program is started beside them. */
  readonly jail: string;
  readonly rootfs: string;
  /** Whose root the program is; null: the host's. */
  readonly mapping: Mapping | null;
  /** A file to be seen as IMAGE inside; for a mapping's root it must lie beside the directories. */
  readonly image?: string;
  /** Device nodes may be made. */
  readonly devices: boolean;
  /** Words that mount what the target is. */
  readonly within?: readonly string[];
  /** Bytes that a file may have; MAX_BYTES. */
  readonly largest?: number;
  /** What the program has started ends with it, whatever that waits for. */
  readonly endsTogether?: boolean;
}

/** Where the file is inside. */
export const IMAGE = '/image';
export const TARGET = '/rootfs';
export const MAX_BYTES = 16 * 2 ** 30;

/**
 * $1: the jail's root, $2: the target, $3: the file or "", below the working directory and never looked up from "/", where
 * a user's home may be closed to the container's root; then the command. ulimit counts blocks of 512 bytes.
 */
const SCRIPT = `set -eu
root=$1 target=$2 image=$3 largest=$4; shift 4
mount -c -t tmpfs -o mode=755,size=1m,nosuid,nodev tlxc-unpack "$root"
mkdir "$root/usr" "$root${TARGET}"
mount -c --bind -o ro,nosuid,nodev /usr "$root/usr"
for dir in bin sbin lib lib32 lib64; do
  if [ -L "/$dir" ]; then cp -P "/$dir" "$root/$dir"
  elif [ -d "/$dir" ]; then mkdir "$root/$dir"; mount -c --bind -o ro,nosuid,nodev "/$dir" "$root/$dir"; fi
done
mount -c --bind "$target" "$root${TARGET}"
if [ -n "$image" ]; then
  : > "$root${IMAGE}"
  mount -c --bind -o ro,nosuid,nodev "$image" "$root${IMAGE}"
fi
mount -c -o remount,ro "$root"
ulimit -f "$largest"
exec chroot "$root" "$@"`;

const CAPABILITIES = ['chown', 'dac_override', 'fowner', 'fsetid', 'setfcap'];

/** argv of the command inside; to be started in the directory that holds the jail's. */
export function jailed(
  {
    jail,
    rootfs,
    mapping,
    image = '',
    devices,
    within = [],
    largest = MAX_BYTES,
    endsTogether = false,
  }: Jail,
  command: readonly string[],
): readonly string[] {
  const kept = [...CAPABILITIES, ...(devices ? ['mknod'] : [])].map((name) => `+${name}`);
  const privileges = [
    'setpriv',
    '--no-new-privs',
    '--inh-caps=-all',
    `--bounding-set=-all,${kept.join(',')}`,
    '--',
  ];
  const pids = endsTogether ? ['--pid', '--fork', '--kill-child'] : [];
  const namespaces = ['unshare', '--mount', '--net', '--ipc', ...pids, '--propagation', 'private', '--'];
  const places = [basename(jail), basename(rootfs), image, String(Math.ceil(largest / 512))];
  const inside = asRootOf(mapping, [
    ...namespaces,
    'sh',
    '-c',
    SCRIPT,
    'unpack',
    ...places,
    ...privileges,
    ...command,
  ]);
  return [...within, ...inside];
}

/**
 * Which systemd a container boots, read from its root filesystem before it does: what it expects of control groups depends on that.
 * All of it may be hostile: paths are resolved below the root by openat2, and only names of files are looked at.
 */
import { constants, readdirSync, readlinkSync } from 'node:fs';
import type { ContainerConfig } from '../../config/model.ts';
import { native } from '../../native/binding.ts';

const { O_RDONLY, O_DIRECTORY } = constants;
/** Node does not name it. */
const O_PATH = 0o10000000;

/** Its libraries bear its version from 231 on: beside it, or where the architecture has a directory of its own. */
const LIBRARY = /^libsystemd-(?:core|shared)-(\d+)[^/]*\.so$/;
const PLACES = ['usr/lib/systemd', 'lib/systemd', 'usr/lib64/systemd'];

/** Runs use with a path of what is there below root; undefined where it is not, or cannot be opened. */
function opened<T>(root: string, path: string, flags: number, use: (path: string) => T): T | undefined {
  const fd = native().openInRoot({ root, path, flags, mode: 0 });
  if (typeof fd !== 'number') return undefined;
  try {
    return use(`/proc/self/fd/${fd}`);
  } finally {
    native().closeFd(fd);
  }
}

const namesIn = (root: string, path: string): readonly string[] =>
  opened(root, path, O_RDONLY | O_DIRECTORY, (directory) => readdirSync(directory)) ?? [];

const bootsSystemd = (root: string): boolean =>
  opened(root, 'sbin/init', O_PATH, (file) => readlinkSync(file).endsWith('/systemd/systemd')) ?? false;

function versionIn(root: string): number | undefined {
  const architectures = namesIn(root, 'usr/lib').filter((name) => name.includes('-linux-'));
  const places = [...PLACES, ...architectures.map((name) => `usr/lib/${name}/systemd`)];
  const found = places
    .flatMap((place) => namesIn(root, place))
    .flatMap((name) => LIBRARY.exec(name)?.[1] ?? []);
  return found.length === 0 ? undefined : Math.max(...found.map(Number));
}

/** The directories that lxc.rootfs.path names, topmost first; what has to be mounted to be read is left out. */
function layersOf({ rootfs }: ContainerConfig): readonly string[] {
  const [, type = 'dir', path = ''] = /^(?:([a-z]+):)?(.*)$/.exec(rootfs.path?.value ?? '') ?? [];
  if (type === 'dir' || type === 'btrfs') return path.startsWith('/') ? [path] : [];
  return type.startsWith('overlay') ? path.split(':').reverse() : [];
}

/** Its version, 0 for one from before 231; undefined: it boots something else, or is not to be read here. */
export function guestSystemd(config: ContainerConfig): number | undefined {
  const layers = layersOf(config);
  if (config.init.cmd !== undefined || !layers.some(bootsSystemd)) return undefined;
  for (const layer of layers) {
    const version = versionIn(layer);
    if (version !== undefined) return version;
  }
  return 0;
}

/**
 * The few files that are edited in a new root filesystem. Everything in it may be hostile: paths are resolved below the
 * root by openat2(RESOLVE_IN_ROOT), and what is not a plain file in plain directories is left alone.
 */
import { randomUUID } from 'node:crypto';
import {
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { native } from '../native/binding.ts';

const LIMIT = 1024 * 1024;
const { O_RDONLY, O_RDWR, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_CREAT, O_EXCL } = constants;
/** Node does not name it. */
const O_PATH = 0o10000000;

/** An absolute path in plain form; null for one with ".." or "." or doubled slashes. */
function components(path: string): string[] | null {
  const parts = path.slice(1).split('/');
  return path.startsWith('/') && parts.every((part) => !['', '.', '..'].includes(part)) ? parts : null;
}

/** Runs use with a descriptor of what path names below root; null where it cannot be opened. */
function withOpen<T>(root: string, path: string, flags: number, use: (fd: number) => T): T | null {
  const fd = native().openInRoot({ root, path, flags: flags | O_NOFOLLOW, mode: 0o644 });
  if (typeof fd !== 'number') return null;
  try {
    return use(fd);
  } finally {
    native().closeFd(fd);
  }
}

/** The status of every directory above path, topmost first; null unless all of them are real directories. */
function parents(root: string, parts: readonly string[]): { path: string; stats: Stats }[] | null {
  const found = parts.slice(0, -1).map((_, index) => {
    const path = parts.slice(0, index + 1).join('/');
    const stats = withOpen(root, path, O_PATH | O_DIRECTORY, (fd) => fstatSync(fd));
    return stats?.isDirectory() ? { path, stats } : null;
  });
  return found.every((parent) => parent !== null) ? found : null;
}

interface PlainFile {
  readonly text: string;
  readonly stats: Stats;
}

function readPlain(root: string, path: string): PlainFile | null {
  return withOpen(root, path, O_RDONLY | O_NONBLOCK, (fd) => {
    const stats = fstatSync(fd);
    return stats.isFile() && stats.size <= LIMIT ? { text: readFileSync(fd, 'utf8'), stats } : null;
  });
}

interface Found {
  /** The layer that has the file, or could have it. */
  readonly base: string;
  /** null: there is none yet. */
  readonly file: PlainFile | null;
}

/** Looks for a file in the layers; null where it cannot be in any, or something else than a plain file is there. */
function find(layers: readonly string[], parts: readonly string[]): Found | null {
  const path = parts.join('/');
  const reachable = layers.filter((layer) => parents(layer, parts) !== null);
  const holder = reachable.find((layer) => withOpen(layer, path, O_PATH, () => true));
  if (holder === undefined) return reachable[0] === undefined ? null : { base: reachable[0], file: null };
  const file = readPlain(holder, path);
  // A link to /run, say, is the image's own arrangement.
  return file && { base: holder, file };
}

/**
 * Changes the text of one file in a root filesystem made of layers (the first is written, files are looked for in all).
 * A file that does not exist is made when edit gives text for null. Returns whether something was written.
 */
export function editRootfsFile(
  layers: readonly string[],
  path: string,
  edit: (text: string | null) => string | null,
): boolean {
  const parts = components(path);
  const [top = ''] = layers;
  const found = parts && find(layers, parts);
  if (!found) return false;
  const { base, file } = found;
  const text = edit(file?.text ?? null);
  if (text === null || text === file?.text) return false;
  if (base === top && file) return overwrite(top, parts.join('/'), text);
  if (base !== top && !copyParents(base, top, parts)) return false;
  return add(top, parts.join('/'), { text, stats: file?.stats ?? null });
}

/**
 * The directories of a lower layer, in the writable one, which a container may have written: false where something else is in the
 * way there, which then hides the file for the container, too.
 */
function copyParents(from: string, to: string, parts: readonly string[]): boolean {
  return (parents(from, parts) ?? []).every(({ path, stats }) => {
    const there = withOpen(to, path, O_PATH, (fd) => fstatSync(fd));
    if (there) return there.isDirectory();
    const above = withOpen(to, dirname(path), O_RDONLY | O_DIRECTORY, (fd) => {
      mkdirSync(`/proc/self/fd/${fd}/${basename(path)}`);
      return true;
    });
    const own = (fd: number): boolean => {
      fchownSync(fd, stats.uid, stats.gid);
      fchmodSync(fd, stats.mode & 0o7777);
      return true;
    };
    return above === true && withOpen(to, path, O_RDONLY | O_DIRECTORY, own) === true;
  });
}

function replaceText(fd: number, text: string): boolean {
  ftruncateSync(fd, 0);
  writeSync(fd, text, 0);
  fsyncSync(fd);
  return true;
}

function overwrite(root: string, path: string, text: string): boolean {
  const use = (fd: number) => fstatSync(fd).isFile() && replaceText(fd, text);
  return withOpen(root, path, O_RDWR | O_NONBLOCK, use) === true;
}

/** A new file, with owner and mode of the one that it stands in for, or the owner of the root directory. */
function add(root: string, path: string, { text, stats }: { text: string; stats: Stats | null }): boolean {
  const { uid, gid } = stats ?? statSync(root);
  const use = (fd: number) => {
    fchownSync(fd, uid, gid);
    fchmodSync(fd, (stats?.mode ?? 0o644) & 0o7777);
    return replaceText(fd, text);
  };
  return withOpen(root, path, O_RDWR | O_CREAT | O_EXCL, use) === true;
}

/**
 * A machine id of its own (machine-id(5)) for a system that was published with "uninitialized". systemd would make a
 * transient one and mount it over the file, which PID 1 cannot do without CAP_SYS_ADMIN; networkd then has no DUID.
 */
function identify(text: string | null): string | null {
  return text?.trim() === 'uninitialized' ? `${randomUUID().replaceAll('-', '')}\n` : null;
}

/** A copy is another machine: two with one id would be given one address by DHCP. */
const reidentify = (text: string | null): string | null =>
  text !== null && /^[0-9a-f]{32}$/.test(text.trim()) ? `${randomUUID().replaceAll('-', '')}\n` : null;

/** Gives a copy its name in /etc/hostname, and a machine id of its own; null, true: it keeps the source's. */
export function nameCopy(layers: readonly string[], name: string | null, keepMachineId: boolean): void {
  if (name !== null) editRootfsFile(layers, '/etc/hostname', (text) => (text === null ? null : `${name}\n`));
  if (!keepMachineId) editRootfsFile(layers, '/etc/machine-id', reidentify);
}

/** What a new container gets of its own. */
export interface Identity {
  readonly name: string;
  /** Paths of files of the image's in which LXC_NAME stands for the name. */
  readonly templates: readonly string[];
  /** Put where the image has no such file, or an empty one. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

/** Gives a new container its name (LXC_NAME in the files that the image lists, /etc/hostname in any case) and its id. */
export function nameRootfs(layers: readonly string[], { name, templates, files }: Identity): void {
  for (const { path, text: added } of files)
    editRootfsFile(layers, path, (text) => ((text ?? '').trim() === '' ? added : null));
  for (const path of new Set(['/etc/hosts', ...templates])) {
    editRootfsFile(layers, path, (text) => text?.replaceAll('LXC_NAME', name) ?? null);
  }
  editRootfsFile(layers, '/etc/hostname', () => `${name}\n`);
  editRootfsFile(layers, '/etc/machine-id', identify);
}

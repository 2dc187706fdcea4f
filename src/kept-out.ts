/** Which place keeps the caller out, or is missing: for whoever has to open it or make it. */
import { accessSync, constants, lstatSync, readlinkSync, type Stats } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { shellWord } from './shell-word.ts';
import { isInRemoved } from './working-directory.ts';

/** As many links as the kernel follows. */
const LINKS = 40;

/** Where a way ends: at a directory that may not be entered, at nothing, at what is no directory, at a link, or at its end. */
interface End {
  readonly kind: 'closed' | 'missing' | 'no directory' | 'link' | 'reached';
  readonly path: string;
}

const may = (path: string, how: number): boolean => {
  try {
    accessSync(path, how);
    return true;
  } catch {
    return false;
  }
};

/** The modes keep nobody out who has these rights. */
const isRoot = (): boolean => process.geteuid?.() === 0;

const stats = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false });

/** With the caller's own rights, as the kernel goes; root follows no links, since somebody else may have made them. */
function follow(path: string): End {
  const names = resolve(path).split('/').filter(Boolean);
  let [at, links] = ['/', 0];
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    if (!may(at, constants.X_OK)) return { kind: 'closed', path: at };
    const next = join(at, name);
    const found = stats(next);
    if (found === undefined) return { kind: 'missing', path: next };
    if (found.isSymbolicLink()) {
      if (isRoot() || ++links > LINKS) return { kind: 'link', path: next };
      names.unshift(...resolve(at, readlinkSync(next)).split('/').filter(Boolean));
      at = '/';
      continue;
    }
    if (names.length > 0 && !found.isDirectory()) return { kind: 'no directory', path: next };
    at = next;
  }
  return { kind: 'reached', path: at };
}

function callerName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.geteuid?.() ?? ''}`;
  }
}

/** What opens the place: to its owner its mode; in the caller's own places what root has left there is given back; else root does. */
function opening(place: string, { uid }: Stats, right: string): string {
  const caller = process.geteuid?.() ?? 0;
  const word = shellWord(place);
  if (uid === caller) return `chmod u+${right} ${word}`;
  if (uid === 0 && stats(dirname(place))?.uid === caller)
    return `sudo chown -R ${callerName()} ${word} gives it back`;
  return uid === 0 ? 'run it as root (sudo)' : 'run it as its owner, or as root (sudo)';
}

function refusal(place: string, what: string, right: string): string | undefined {
  const found = stats(place);
  if (found === undefined) return undefined;
  const mode = (found.mode & 0o7777).toString(8).padStart(4, '0');
  const owner = found.uid === 0 ? "root's" : `of user ${found.uid}`;
  return `${place} (${owner}, mode ${mode}) is not for ${callerName()} to ${what}: ${opening(place, found, right)}`;
}

/** Of what is there, or what it lies in: to remove or rename a file is a change of its directory. */
function refusalAt(path: string): string | undefined {
  const isDirectory = stats(path)?.isDirectory() === true;
  if (!may(path, constants.R_OK)) return refusal(path, isDirectory ? 'list' : 'read', 'r');
  if (!may(path, constants.W_OK)) return refusal(path, 'change', 'w');
  return may(dirname(path), constants.W_OK) ? undefined : refusal(dirname(path), 'change', 'w');
}

function whatKeepsOut(path: string): string | undefined {
  const end = follow(path);
  if (end.kind === 'closed') return refusal(end.path, 'enter', 'x');
  if (end.kind === 'missing') {
    const place = dirname(end.path);
    return may(place, constants.W_OK) ? undefined : refusal(place, 'write', 'w');
  }
  return end.kind === 'reached' ? refusalAt(end.path) : undefined;
}

const look = (path: string): string => `look at the owner and mode of ${path} and what is above it (ls -ld)`;

/** What can be done about EACCES or EPERM at a path of the host. Nothing that a container or an image controls is to be asked about. */
export function rightsHint(path: string): string {
  const word = shellWord(path);
  // Root was kept out by something else than owner and mode.
  if (isRoot())
    return `root may do that unless something else is in the way: lsattr -d ${word}, findmnt -T ${word}, dmesg`;
  try {
    return whatKeepsOut(path) ?? `${look(path)}, or be root (sudo)`;
  } catch {
    return `${look(path)}, or be root (sudo)`;
  }
}

/** What can be done about ENOENT and ENOTDIR there: what is missing is seldom the whole way. */
export function missingHint(path: string): string | undefined {
  if (isInRemoved(path))
    return 'the directory that this was asked in has been removed: go to another (cd), or name the whole path';
  try {
    const { kind, path: at } = follow(path);
    if (kind === 'no directory') return `${at} is no directory: name another place`;
    if (kind === 'reached' && stats(at)?.isDirectory() === false)
      return `${at} is no directory: name another place`;
    if (kind !== 'missing') return undefined;
    const place = dirname(at);
    return at === resolve(path)
      ? `there is no ${basename(at)} in ${place} (ls -A ${shellWord(place)})`
      : `there is no directory ${at}: name another place, or make it (mkdir -p ${shellWord(dirname(path))})`;
  } catch {
    return undefined;
  }
}

/** A copy that is started at once and, unless it is to be kept, destroyed when it stops. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TlxcError } from '../../errors.ts';
import { randomBytes } from '../../random.ts';
import { copyContainer, type CopyRequest } from './copy.ts';
import { destroyContainer } from '../remove/destroy.ts';
import { claimUnstarted, endClaim } from '../remove/unstarted.ts';
import { containerPaths } from '../paths.ts';
import { startContainer, type StartCallbacks } from '../start/start.ts';

/** A directory or file of the host in the copy. */
export interface CopyMount {
  /** overlay: a directory, what the copy changes in it is the copy's. */
  readonly type: 'bind' | 'overlay';
  readonly source: string;
  /** Absolute, inside. */
  readonly target: string;
  readonly readOnly: boolean;
}

export interface EphemeralRequest extends Omit<CopyRequest, 'snapshot' | 'lines' | 'rootsOwn'> {
  readonly mounts: readonly CopyMount[];
  /** It is no ephemeral container: it stays when it stops. */
  readonly keep: boolean;
  /** What it changes stays in memory. */
  readonly tmpfs: boolean;
  readonly foreground: boolean;
  /** In place of its init; only in the foreground. */
  readonly command: readonly string[];
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** What is left of a name's 63 characters beside "_" and six random ones. */
const LONGEST = 56;

/** A name for the copy of a container that nobody has yet: NAME_ and six random letters and digits. */
export function freeName({
  name,
  newPath,
  system,
}: Pick<CopyRequest, 'name' | 'newPath' | 'system'>): string {
  for (;;) {
    const letters = [...randomBytes(6)].map((byte) => LETTERS[byte % LETTERS.length]).join('');
    const free = `${name.slice(0, LONGEST)}_${letters}`;
    if (!existsSync(containerPaths(system, newPath, free).dir)) return free;
  }
}

/** fstab(5): blanks and backslashes of a path are written in octal. */
const field = (path: string): string =>
  path.replace(/[\s\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);

const missing = (message: string, path: string): TlxcError =>
  new TlxcError({ code: 'TLXC_E_USAGE', message, path });

function mountLine(mount: CopyMount, copyDir: string, index: number): readonly [string, string] {
  const { source, target, readOnly } = mount;
  const stats = statSync(source, { throwIfNoEntry: false });
  if (!stats) throw missing(`there is no ${source} on the host to be mounted (-m)`, source);
  const line = (what: string, type: string, options: readonly string[]) =>
    ['lxc.mount.entry', `${what} ${field(target.slice(1))} ${type} ${options.join(',')} 0 0`] as const;
  if (mount.type === 'bind')
    return line(field(source), 'none', [
      'bind',
      readOnly ? 'ro' : 'rw',
      `create=${stats.isDirectory() ? 'dir' : 'file'}`,
    ]);
  if (!stats.isDirectory()) throw missing(`${source} is no directory, which an overlay (-m) needs`, source);
  const [upper, work] = changesOf(index).map((name) => join(copyDir, name));
  const places = Object.entries({ lowerdir: source, upperdir: upper ?? '', workdir: work ?? '' });
  const odd = places.find(([, path]) => /[,:\\]/.test(path));
  if (odd)
    throw missing(`overlayfs (-m) cannot take a path with a comma, colon or backslash: ${odd[1]}`, odd[1]);
  return line('overlay', 'overlay', [...places.map(([key, path]) => `${key}=${field(path)}`), 'create=dir']);
}

/** Where the changes to the overlay of the mount with this number go, in the copy's directory. */
const changesOf = (index: number): readonly string[] =>
  ['upper', 'work'].map((name) => `mounts/${index}/${name}`);

/** What the copy has beside the source's. */
function additionsOf({ mounts, keep, tmpfs, newName, newPath, system }: EphemeralRequest) {
  const { dir } = containerPaths(system, newPath, newName);
  const lines: (readonly [key: string, value: string])[] = mounts.map((mount, index) =>
    mountLine(mount, dir, index),
  );
  if (tmpfs) lines.push(['tlxc.rootfs.volatile', '1']);
  // What is destroyed at its end is not started again.
  if (!keep) lines.push(['lxc.ephemeral', '1'], ['tlxc.restart', 'no']);
  const rootsOwn = mounts.flatMap(({ type }, index) => (type === 'overlay' ? changesOf(index) : []));
  return { lines, rootsOwn };
}

/**
 * Makes the copy and starts it; onCopied is called between the two. Throws what copyContainer and startContainer throw:
 * nothing is left then, but for a copy that is to be kept and could not be started.
 */
export async function copyAndStart(
  request: EphemeralRequest,
  { warn = () => undefined, own, onCopied }: StartCallbacks & { readonly onCopied: () => void },
): Promise<void> {
  const { newName: name, newPath: lxcpath, system, environment, keep, foreground, command } = request;
  const claims: number[] = [];
  const onMade = (staging: string): void => {
    if (!keep) claims.push(claimUnstarted(staging));
  };
  await copyContainer({ ...request, snapshot: true, ...additionsOf(request), onMade });
  const started = { name, lxcpath, system, environment, foreground };
  try {
    onCopied();
    await startContainer({ ...started, command: command.length > 0 ? command : undefined }, { warn, own });
  } catch (error) {
    if (!keep) await destroyUnstarted(request, warn);
    throw error;
  } finally {
    for (const claim of claims) endClaim(containerPaths(system, lxcpath, name), claim);
  }
}

/** The start's failure is what is told; a monitor may have destroyed it by now. */
async function destroyUnstarted(request: EphemeralRequest, warn: (text: string) => void): Promise<void> {
  const { newName: name, newPath: lxcpath, system, environment } = request;
  const gone = { name, lxcpath, system, environment, warn: () => undefined, force: false, snapshots: false };
  await destroyContainer(gone).catch((left: unknown) => {
    if (left instanceof TlxcError && left.code === 'TLXC_E_NOT_FOUND') return;
    warn(`${name} is left: ${left instanceof Error ? left.message : String(left)}; tlxc-destroy -n ${name}`);
  });
}

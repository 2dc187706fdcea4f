/** What a plain user needs before any container of theirs can run, one check each: what was looked at and what mends it. */
import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { UserFacts } from './facts.ts';
import { spanText } from './subordinate-ids.ts';

export interface Check {
  /** What was looked at: "subordinate uids". */
  readonly what: string;
  /** What was found, as a sentence can say it. */
  readonly found: string;
  readonly ok: boolean;
  /** The command that mends it; "" where there is nothing to mend. */
  readonly mend: string;
}

/** How many ids a system in a container expects. */
const ENOUGH = 65_536;

const check = (what: string, ok: boolean, found: string, mend: string): Check => ({
  ...{ what, found, ok },
  mend: ok ? '' : mend,
});

function subordinateIds(kind: 'uid' | 'gid', { name, subuids, subgids }: UserFacts): Check {
  const spans = kind === 'uid' ? subuids : subgids;
  const file = `/etc/sub${kind}`;
  const ok = spans.some(({ count }) => count >= ENOUGH);
  const found =
    spans.length === 0
      ? `${file} gives ${name} none`
      : `${file} gives ${name} ${spans.map(spanText).join(', ')}`;
  return check(
    `subordinate ${kind}s`,
    ok,
    found,
    `usermod --add-sub${kind}s 100000-165535 ${name} (as root; a range nobody else has)`,
  );
}

export const subordinateUids = (user: UserFacts): Check => subordinateIds('uid', user);
export const subordinateGids = (user: UserFacts): Check => subordinateIds('gid', user);

export function mapPrograms({ newUidMap, newGidMap }: UserFacts): Check {
  const missing = [newUidMap === '' ? 'newuidmap' : '', newGidMap === '' ? 'newgidmap' : ''].filter(Boolean);
  const found =
    missing.length === 0 ? `${newUidMap}, ${newGidMap}` : `${missing.join(' and ')} not installed`;
  return check('newuidmap and newgidmap', missing.length === 0, found, 'apt-get install uidmap (as root)');
}

/** Debian's and Ubuntu's kernels have this switch. */
export function unprivilegedUserNamespaces({ usernsClone }: UserFacts): Check {
  const found =
    usernsClone === ''
      ? 'this kernel has no such switch'
      : `kernel.unprivileged_userns_clone is ${usernsClone}`;
  return check(
    'user namespaces for users',
    usernsClone !== '0',
    found,
    'sysctl kernel.unprivileged_userns_clone=1 (as root)',
  );
}

export function userNamespaceLimit({ maxUserNamespaces }: UserFacts): Check {
  const found =
    maxUserNamespaces === ''
      ? 'this kernel has no user namespaces'
      : `user.max_user_namespaces is ${maxUserNamespaces}`;
  const mend =
    maxUserNamespaces === ''
      ? 'boot a kernel with CONFIG_USER_NS'
      : 'sysctl user.max_user_namespaces=15000 (as root)';
  return check('number of user namespaces', !['', '0'].includes(maxUserNamespaces), found, mend);
}

/** Without it sockets lie in ~/.cache/tlxc/run, which may survive a reboot. Not needed, but better. */
export function runtimeDirectory(environment: Readonly<Record<string, string | undefined>>): Check {
  const path = environment['XDG_RUNTIME_DIR'] ?? '';
  const found =
    path === '' ? 'XDG_RUNTIME_DIR is not set: ~/.cache/tlxc/run is used' : `XDG_RUNTIME_DIR is ${path}`;
  return check(
    'runtime directory',
    path !== '' && isWritable(path),
    path === '' || isWritable(path) ? found : `${found}, which cannot be written`,
    'log in by pam_systemd (loginctl, ssh), not by su or sudo',
  );
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The interfaces of users are made by a program that the administrator has to let do so. */
export function userNic({ nic, nicIsSetuid }: UserFacts): Check {
  const found = nicIsSetuid ? `${nic} is set-user-id root` : `${nic} is not set-user-id root`;
  return check(
    'network interfaces for users',
    nicIsSetuid,
    found,
    `chown root ${nic} && chmod u+s ${nic} (as root)`,
  );
}

/**
 * Whether others than the owner may pass through every directory above path: hooks run as the container's root, which on
 * the host is nobody of the user's group. What the container mounts is opened with the user's own rights.
 */
export function traversable(path: string): Check {
  const closed: string[] = [];
  for (let at = path; at !== dirname(at); at = dirname(at)) {
    const mode = statSync(at, { throwIfNoEntry: false })?.mode;
    if (mode !== undefined && (mode & 0o001) === 0) closed.unshift(at);
  }
  const found = closed.length === 0 ? `${path} can be reached` : `closed: ${closed.join(', ')}`;
  return check(
    "path open to the container's root",
    closed.length === 0,
    found,
    `chmod o+x ${closed.join(' ')}`,
  );
}

/** Those without which no start can succeed. */
export const startChecks: readonly ((user: UserFacts) => Check)[] = [
  subordinateUids,
  subordinateGids,
  mapPrograms,
  unprivilegedUserNamespaces,
  userNamespaceLimit,
];

/** What a plain user needs before any container of theirs can run, one check each: what was looked at and what mends it. */
import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { UserFacts } from './facts.ts';
import { fine, problem, warning, type Finding } from './finding.ts';
import { whyNoPasst } from './passt.ts';
import { freeSpan, isWithin, overlaps, spanText, type IdSpan } from './subordinate-ids.ts';
import type { Environment } from '../environment.ts';

/** How many ids a system in a container expects; one program, or a small system, does with fewer. */
const ENOUGH = 65_536;

/** In a container; lxc.idmap of both kinds. */
const TOO_FEW =
  'this container has no more: on its host, give it 65536 more ids that nobody has (lxc.idmap = u 65536 FIRST 65536, and g)';

const check = (what: string, ok: boolean, found: string, mend: string): Finding =>
  ok ? fine(what, found) : problem(what, found, mend);

const spansOf = (kind: 'uid' | 'gid', user: UserFacts): readonly [readonly IdSpan[], readonly IdSpan[]] =>
  kind === 'uid' ? [user.subuids, user.otherSubuids] : [user.subgids, user.otherSubgids];

/** What a user of a container is given where it has no 65,536 ids to spare: enough for what runs there, nobody's account. */
const FEWER: IdSpan = { first: 20_000, count: 40_000 };

/** Debian's adduser gives the ids that a machine has in a container, too, which may not have them: newuidmap fails there. */
function idsBeyond(kind: 'uid' | 'gid', user: UserFacts): Finding | null {
  const [spans, others] = spansOf(kind, user);
  const there = user.nested?.[`${kind}s`];
  const beyond = there ? spans.filter((span) => !isWithin(span, there)) : [];
  if (!there || beyond.length === 0) return null;
  const free = freeSpan(ENOUGH, [...spans.filter((span) => !beyond.includes(span)), ...others], there);
  const fewer = isWithin(FEWER, there) && !others.some((other) => overlaps(other, FEWER));
  const given = free ? spanText(free) : fewer ? spanText(FEWER) : 'FIRST-LAST';
  const away = beyond.map((span) => `--del-sub${kind}s ${spanText(span)} `).join('');
  const [begin, count] = fewer ? [FEWER.first, FEWER.count] : ['FIRST', 'COUNT'];
  const named = free
    ? ''
    : `, and name these: lxc.idmap = ${kind.charAt(0)} 0 ${begin} ${count} (tlxc-create -f FILE)`;
  return problem(
    `subordinate ${kind}s`,
    `/etc/sub${kind} gives ${user.name} ${beyond.map(spanText).join(', ')}, which this container does not have`,
    `usermod ${away}--add-sub${kind}s ${given} ${user.name} (as root)${named}`,
  );
}

function subordinateIds(kind: 'uid' | 'gid', user: UserFacts): Finding {
  const beyond = idsBeyond(kind, user);
  if (beyond) return beyond;
  const { name } = user;
  const [spans, others] = spansOf(kind, user);
  const file = `/etc/sub${kind}`;
  const what = `subordinate ${kind}s`;
  const free = freeSpan(ENOUGH, [...spans, ...others], user.nested?.[`${kind}s`]);
  const mend =
    free === null
      ? `${TOO_FEW}, or name fewer (tlxc-create -f FILE): lxc.idmap = ${kind.charAt(0)} 0 FIRST COUNT`
      : `usermod --add-sub${kind}s ${spanText(free)} ${name} (as root; a range nobody else has)`;
  if (spans.length === 0) return problem(what, `${file} gives ${name} none`, mend);
  const found = `${file} gives ${name} ${spans.map(spanText).join(', ')}`;
  return spans.some(({ count }) => count >= ENOUGH) ? fine(what, found) : warning(what, found, mend);
}

/** Ids that two users have: each can do in the other's containers as it likes. */
function sharedIds(kind: 'uid' | 'gid', user: UserFacts): Finding[] {
  const [spans, others] = spansOf(kind, user);
  const shared = spans.filter((span) => others.some((other) => overlaps(span, other)));
  return shared.map((span) =>
    warning(
      `subordinate ${kind}s`,
      `/etc/sub${kind} gives ids of ${spanText(span)} to somebody else, too, who so has power over the containers of ${user.name}`,
      `give each of them ids of their own in /etc/sub${kind} (as root), and make the containers anew`,
    ),
  );
}

const subordinateUids = (user: UserFacts): Finding => subordinateIds('uid', user);
const subordinateGids = (user: UserFacts): Finding => subordinateIds('gid', user);

function mapPrograms({ newUidMap, newGidMap, powerless }: UserFacts): Finding {
  if (powerless.length > 0) {
    const found = `${powerless.join(' and ')} not set-user-id root`;
    return problem('newuidmap and newgidmap', found, `chmod u+s ${powerless.join(' ')} (as root)`);
  }
  const missing = [newUidMap === '' ? 'newuidmap' : '', newGidMap === '' ? 'newgidmap' : ''].filter(Boolean);
  const found =
    missing.length === 0 ? `${newUidMap}, ${newGidMap}` : `${missing.join(' and ')} not installed`;
  return check('newuidmap and newgidmap', missing.length === 0, found, 'apt-get install uidmap (as root)');
}

/** Debian's and Ubuntu's kernels have this switch. */
function unprivilegedUserNamespaces({ usernsClone }: UserFacts): Finding {
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

function userNamespaceLimit({ maxUserNamespaces }: UserFacts): Finding {
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

/** Without it sockets lie in ~/.cache/tlxc/run, which may survive a reboot. */
function runtimeDirectory(environment: Environment): Finding {
  const what = 'runtime directory';
  const path = environment['XDG_RUNTIME_DIR'] ?? '';
  const mend = 'log in by ssh or on a terminal, not by su or sudo: pam_systemd makes the directory';
  if (path === '') return warning(what, 'XDG_RUNTIME_DIR is not set: ~/.cache/tlxc/run is used', mend);
  return isWritable(path)
    ? fine(what, path)
    : problem(what, `XDG_RUNTIME_DIR ${path} cannot be written`, mend);
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether containers run on when the user logs out: the user's systemd, in whose scopes they are, ends with the last session
 * unless the user lingers (loginctl(1)). Nothing where no logind looks after sessions, and of names that it writes escaped.
 */
export function lingering({ name }: UserFacts, root = '/'): Finding[] {
  const what = 'after the last logout';
  if (!existsSync(join(root, 'run/systemd/users')) || !/^[\w.@ -]+$/.test(name)) return [];
  if (existsSync(join(root, 'var/lib/systemd/linger', name))) return [fine(what, 'containers run on')];
  return [warning(what, `containers of ${name} end with the last session`, `loginctl enable-linger ${name}`)];
}

/** The interfaces of users are made by a program that the administrator has to let do so. */
export function userNic({ nic, nicIsSetuid }: UserFacts): Finding {
  const what = 'network interfaces for users';
  if (nicIsSetuid) return fine(what, `${nic} is set-user-id root`);
  return warning(what, `${nic} is not set-user-id root`, `chown root ${nic} && chmod u+s ${nic} (as root)`);
}

/** Where it is not so: what carries the traffic of their containers instead. */
function userNetwork(user: UserFacts): Finding {
  const nic = userNic(user);
  if (nic.level === 'ok') return nic;
  const lack = whyNoPasst(user);
  if (lack !== null)
    return warning(
      nic.what,
      `${nic.found}, and ${lack.found}`,
      `${lack.mend}; or, for a place on the bridge: ${nic.mend}`,
    );
  return fine(nic.what, `${user.passt}; none on the bridge: ${nic.found}`);
}

/** Those of which a problem means that no start can succeed; a warning, none without lxc.idmap lines of its own. */
export const startChecks: readonly ((user: UserFacts) => Finding)[] = [
  subordinateUids,
  subordinateGids,
  mapPrograms,
  unprivilegedUserNamespaces,
  userNamespaceLimit,
];

/** What is true of the user at any time; lingering is the host's to say. */
export const userFindings = (user: UserFacts, environment: Environment): Finding[] => [
  ...startChecks.map((each) => each(user)),
  ...(['uid', 'gid'] as const).flatMap((kind) => sharedIds(kind, user)),
  runtimeDirectory(environment),
  userNetwork(user),
];

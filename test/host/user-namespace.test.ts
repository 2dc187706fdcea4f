import test from 'ava';
import { execFileSync } from 'node:child_process';
import { freeSpan } from '../../src/host/subordinate-ids.ts';
import { startChecks } from '../../src/host/user-checks.ts';
import { obstacleToDevices, overlayNotes, spansOf } from '../../src/host/user-namespace.ts';
import { nestedFindings } from '../../src/host/doctor/nested.ts';
import type { UserFacts } from '../../src/host/facts.ts';
import { innerAddress } from '../../src/network/settings.ts';
import { requires } from '../rig/requires.ts';

const spaced = requires('userns');
const ALL = [{ first: 0, count: 65_536 }];
const nested = { uids: ALL, gids: ALL };

test('the ids inside, of a map as the kernel writes it', (t) => {
  t.deepEqual(spansOf('         0    1000000      65536\n     70000     300000          5\n'), [
    { first: 0, count: 65_536 },
    { first: 70_000, count: 5 },
  ]);
  t.deepEqual(spansOf(''), []);
});

spaced('a user namespace is known as one, with the ids that it has', (t) => {
  const script =
    "import('./src/host/user-namespace.ts').then(({ namespaceIds }) => console.log(JSON.stringify(namespaceIds())))";
  const node = [process.execPath, '--import=./.ci/typescript.js', '-e', script];
  const words = ['--user', '--map-root-user', ...node];
  t.deepEqual(JSON.parse(execFileSync('unshare', words, { encoding: 'utf8' })), {
    uids: [{ first: 0, count: 1 }],
    gids: [{ first: 0, count: 1 }],
  });
});

test('what root of a container may not have, root of the machine may', (t) => {
  t.deepEqual(overlayNotes({ user: null, nested: null }), []);
  t.deepEqual(overlayNotes({ user: null, nested }), ['userxattr']);
  t.is(obstacleToDevices({ user: null, nested: null }), null);
  t.regex(obstacleToDevices({ user: null, nested }) ?? '', /in an unprivileged container/);
});

test('ids for a user in a container are some that it has', (t) => {
  t.deepEqual(freeSpan(65_536, []), { first: 100_000, count: 65_536 });
  t.is(freeSpan(65_536, [], ALL), null);
  const more = [{ first: 0, count: 3 * 65_536 }];
  t.deepEqual(freeSpan(65_536, [], more), { first: 65_536, count: 65_536 });
  t.deepEqual(freeSpan(65_536, [{ first: 65_536, count: 10 }], more), { first: 65_546, count: 65_536 });
  const user = {
    ...{ name: 'ann', nested, subuids: [], subgids: [], otherSubuids: [], otherSubgids: [] },
    ...{ powerless: [], newUidMap: 'u', newGidMap: 'g', usernsClone: '', maxUserNamespaces: '9' },
    ...{ nic: '', nicIsSetuid: true, passt: '', tun: 'open', linkLocal: 'lo', cgroups: {} },
  } satisfies UserFacts;
  const [uids] = startChecks.map((check) => check(user));
  t.regex(uids?.mend ?? '', /^this container has no more: on its host.* or name fewer .*lxc\.idmap = u 0 /);
  const [roomy] = startChecks.map((check) => check({ ...user, nested: { uids: more, gids: more } }));
  t.regex(roomy?.mend ?? '', /^usermod --add-subuids 65536-131071 ann/);

  // What adduser gave, as on a machine.
  const given = { subuids: [{ first: 100_000, count: 65_536 }], subgids: [{ first: 20_000, count: 40_000 }] };
  const [beyond, inside] = startChecks.map((check) => check({ ...user, ...given }));
  t.like(beyond, {
    level: 'problem',
    found: '/etc/subuid gives ann 100000-165535, which this container does not have',
    mend: 'usermod --del-subuids 100000-165535 --add-subuids 20000-59999 ann (as root), and name these: lxc.idmap = u 0 20000 40000 (tlxc-create -f FILE)',
  });
  t.is(inside?.level, 'warning');
  const others = [{ first: 30_000, count: 1 }];
  const [taken] = startChecks.map((check) => check({ ...user, ...given, otherSubuids: others }));
  t.regex(taken?.mend ?? '', /--add-subuids FIRST-LAST ann .* u 0 FIRST COUNT/);
  const [room] = startChecks.map((check) =>
    check({ ...user, ...given, nested: { uids: more.slice(0, 1), gids: more } }),
  );
  t.is(room?.level, 'ok');
  const wide = [{ first: 0, count: 2 * 65_536 }];
  const [half] = startChecks.map((check) => check({ ...user, ...given, nested: { uids: wide, gids: wide } }));
  t.is(half?.mend, 'usermod --del-subuids 100000-165535 --add-subuids 65536-131071 ann (as root)');
});

test('the bridge of a container has another network than the one that hosts have', (t) => {
  for (const id of ['a', 'b', 'c', 'ba020b1e36294152ad17c3a72c34d87c'])
    t.regex(innerAddress(id), /^10\.0\.([5-9]|[1-9]\d|1\d\d|2[0-4]\d|25[0-4])\.1\/24$/);
  t.is(innerAddress('a'), innerAddress('a'));
  t.not(innerAddress('a'), innerAddress('b'));
});

const mount = (type: string, point: string) => ({
  ...{ type, point, root: '/', source: type, options: [], shared: false },
});
const masked = [
  mount('proc', '/proc'),
  mount('tmpfs', '/proc/keys'),
  mount('sysfs', '/sys'),
  mount('tmpfs', '/sys/fs/cgroup'),
  mount('tmpfs', '/sys/firmware'),
];

test('a doctor in a container: what there is, and whether its containers can have /proc and /sys', (t) => {
  t.deepEqual(
    nestedFindings({ user: null, nested: null }, () => masked),
    [],
  );
  const whole = [...masked, mount('proc', '/dev/.lxc/proc'), mount('sysfs', '/dev/.lxc/sys')];
  const [ids, ...others] = nestedFindings({ user: null, nested }, () => whole);
  t.like(ids, { level: 'ok', what: 'inside a container' });
  t.deepEqual(others, []);
  const [, hidden] = nestedFindings({ user: null, nested }, () => masked);
  t.like(hidden, {
    level: 'problem',
    found: 'parts of proc and of sysfs are hidden here, so the kernel lets no container mount its own',
  });
  t.regex(hidden?.mend ?? '', /nesting\.conf/);
  const few = { uids: [{ first: 0, count: 1000 }], gids: ALL };
  const [fewer] = nestedFindings({ user: null, nested: few }, () => whole);
  t.like(fewer, { level: 'warning' });
  t.regex(fewer?.found ?? '', /of 1000 ids/);
});

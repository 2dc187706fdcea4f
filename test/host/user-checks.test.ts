import test from 'ava';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UserFacts } from '../../src/host/facts.ts';
import { asRootOf, everyIdOf, ownIdIn, withOwnIds } from '../../src/host/mapped.ts';
import { isWithin } from '../../src/host/subordinate-ids.ts';
import { lingering, startChecks, userFindings, userNic } from '../../src/host/user-checks.ts';

const ann: UserFacts = {
  name: 'ann',
  subuids: [{ first: 200_000, count: 65_536 }],
  subgids: [{ first: 300_000, count: 65_536 }],
  otherSubuids: [],
  otherSubgids: [],
  powerless: [],
  nested: null,
  newUidMap: '/usr/bin/newuidmap',
  newGidMap: '/usr/bin/newgidmap',
  nic: '/usr/lib/tlxc/tlxc-user-nic',
  nicIsSetuid: true,
  passt: '/usr/bin/passt',
  tun: 'open',
  linkLocal: 'lo',
  usernsClone: '1',
  maxUserNamespaces: '15000',
  cgroups: {},
};

test('who has everything lacks nothing', (t) => {
  const findings = userFindings(ann, { XDG_RUNTIME_DIR: '/tmp' });
  t.deepEqual(new Set(findings.map(({ level }) => level)), new Set(['ok']));
});

const LACKS: readonly (readonly [Partial<UserFacts>, RegExp, RegExp])[] = [
  [{ subuids: [] }, /\/etc\/subuid gives ann none/, /^usermod --add-subuids \d+-\d+ ann/],
  [{ subgids: [{ first: 5, count: 10 }] }, /\/etc\/subgid gives ann 5-14/, /^usermod --add-subgids/],
  [
    { powerless: ['/usr/bin/newuidmap'] },
    /newuidmap not set-user-id root/,
    /^chmod u\+s \/usr\/bin\/newuidmap/,
  ],
  [{ newGidMap: '' }, /newgidmap not installed/, /^apt-get install uidmap/],
  [
    { usernsClone: '0' },
    /kernel\.unprivileged_userns_clone is 0/,
    /^sysctl kernel\.unprivileged_userns_clone=1/,
  ],
  [{ maxUserNamespaces: '0' }, /user\.max_user_namespaces is 0/, /^sysctl user\.max_user_namespaces=/],
  [{ maxUserNamespaces: '' }, /no user namespaces/, /CONFIG_USER_NS/],
];

for (const [facts, found, mend] of LACKS) {
  test(`${found.source}: with what mends it`, (t) => {
    const lacking = startChecks
      .map((check) => check({ ...ann, ...facts }))
      .filter(({ level }) => level !== 'ok');
    t.is(lacking.length, 1);
    t.regex(lacking[0]?.found ?? '', found);
    t.regex(lacking[0]?.mend ?? '', mend);
  });
}

test('what mends a lack of ids is free, also of those that the user has too few of', (t) => {
  const mend = (facts: Partial<UserFacts>): string =>
    startChecks.map((check) => check({ ...ann, ...facts })).find(({ level }) => level !== 'ok')?.mend ?? '';
  const others = [
    { first: 165_536, count: 65_536 },
    { first: 100_000, count: 65_536 },
  ];
  t.regex(mend({ subuids: [], otherSubuids: others }), / 231072-296607 ann/);
  t.regex(mend({ subuids: [{ first: 100_000, count: 1000 }] }), / 101000-166535 ann/);
  t.regex(mend({ subgids: [], otherSubgids: [{ first: 300_000, count: 1 }] }), / 100000-165535 ann/);
});

test('ids that somebody else has, too, are told of', (t) => {
  const shared = {
    otherSubgids: [{ first: 310_000, count: 1 }],
    otherSubuids: [{ first: 265_536, count: 9 }],
  };
  const findings = userFindings({ ...ann, ...shared }, { XDG_RUNTIME_DIR: '/tmp' });
  t.deepEqual(
    findings.filter(({ level }) => level === 'warning').map(({ what }) => what),
    ['subordinate gids'],
  );
});

test('lines of /etc/subuid that overlap are mapped once', (t) => {
  const subuids = [
    { first: 200_500, count: 1000 },
    { first: 200_000, count: 1000 },
    { first: 200_100, count: 10 },
  ];
  const maps = everyIdOf({ ...ann, subuids }, { uid: 7, gid: 7 })?.maps ?? [];
  t.deepEqual(
    maps.filter(({ kind }) => kind === 'uid').map(({ inside, outside, count }) => [inside, outside, count]),
    [
      [0, 7, 1],
      [1, 200_000, 1000],
      [1001, 201_000, 500],
    ],
  );
});

test('without interfaces on the bridge it is passt that is looked for', (t) => {
  const of = (user: Partial<UserFacts>) =>
    userFindings({ ...ann, nicIsSetuid: false, ...user }, { XDG_RUNTIME_DIR: '/tmp' }).at(-1);
  t.like(of({}), { level: 'ok', what: 'network interfaces for users' });
  const or = `; or, for a place on the bridge: ${userNic({ ...ann, nicIsSetuid: false }).mend}`;
  t.like(of({ passt: '' }), { level: 'warning', mend: `apt-get install passt (as root)${or}` });
  t.like(of({ tun: 'closed' }), { level: 'warning', mend: `chmod 666 /dev/net/tun (as root)${or}` });
});

test('interfaces are for those whose administrator took the step', (t) => {
  t.like(userNic({ ...ann, nicIsSetuid: false }), {
    level: 'warning',
    found: `${ann.nic} is not set-user-id root`,
  });
});

test('where logind ends the last session, containers end with it unless the user lingers', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'tlxc-linger-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  t.deepEqual(lingering(ann, root), []);
  mkdirSync(join(root, 'run/systemd/users'), { recursive: true });
  t.like(lingering(ann, root)[0], {
    level: 'warning',
    found: 'containers of ann end with the last session',
    mend: 'loginctl enable-linger ann',
  });
  mkdirSync(join(root, 'var/lib/systemd/linger/ann'), { recursive: true });
  t.like(lingering(ann, root)[0], { level: 'ok', found: 'containers run on' });
});

test('a range may lie in several that follow each other, as newuidmap sees it', (t) => {
  const spans = [
    { first: 10, count: 5 },
    { first: 15, count: 5 },
    { first: 30, count: 1 },
  ];
  t.true(isWithin({ first: 12, count: 8 }, spans));
  t.false(isWithin({ first: 12, count: 9 }, spans));
  t.false(isWithin({ first: 30, count: 2 }, spans));
});

test('namespaces with the container’s ids, with the user’s own, with all there are', (t) => {
  const maps = [
    { kind: 'uid' as const, inside: 0, outside: 200_000, count: 10 },
    { kind: 'gid' as const, inside: 0, outside: 300_000, count: 10 },
  ];
  const mapping = { newUidMap: 'nu', newGidMap: 'ng', maps };
  t.deepEqual(asRootOf(null, ['id']), ['id']);
  t.deepEqual(asRootOf(mapping, ['id']).slice(1), ['nu', 'ng', 'u:0:200000:10', 'g:0:300000:10', '--', 'id']);
  const own = { uid: 4711, gid: 4712 };
  t.deepEqual(asRootOf(withOwnIds(mapping, own), []).slice(5, 7), ['u:10:4711:1', 'g:10:4712:1']);
  t.deepEqual(asRootOf(everyIdOf(ann, own), []).slice(3), [
    ...['u:0:4711:1', 'u:1:200000:65536', 'g:0:4712:1', 'g:1:300000:65536', '--'],
  ]);
  t.is(everyIdOf({ ...ann, subuids: [] }, own), null);
});

test('the own id is mapped once, where it is already', (t) => {
  const own = { uid: 1000, gid: 1001 };
  const maps = [
    { kind: 'uid' as const, inside: 0, outside: 200_000, count: 500 },
    { kind: 'uid' as const, inside: 500, outside: 1000, count: 1 },
    { kind: 'gid' as const, inside: 7, outside: 1000, count: 10 },
  ];
  const mapping = { newUidMap: 'nu', newGidMap: 'ng', maps };
  t.deepEqual(withOwnIds(mapping, own), mapping);
  t.deepEqual([ownIdIn(mapping, 'uid', 1000), ownIdIn(mapping, 'gid', 1001)], [500, 8]);
  t.deepEqual([ownIdIn(mapping, 'uid', 999), ownIdIn(mapping, 'gid', 999)], [501, 17]);
  const subuids = [
    { first: 999, count: 3 },
    { first: 200_000, count: 5 },
  ];
  const everything = everyIdOf({ ...ann, subuids, subgids: [{ first: 1001, count: 2 }] }, own);
  t.deepEqual(asRootOf(everything, []).slice(3), [
    ...['u:0:1000:1', 'u:1:999:1', 'u:2:1001:1', 'u:3:200000:5', 'g:0:1001:1', 'g:1:1002:1', '--'],
  ]);
});

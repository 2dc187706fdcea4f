import { join } from 'node:path';
import test from 'ava';
import type { ContainerConfig } from '../../src/config/model.ts';
import type { UserFacts } from '../../src/host/facts.ts';
import { compileCgroups } from '../../src/plan/cgroup.ts';
import { compileUser } from '../../src/plan/user.ts';
import { packageRoot } from '../../src/package-root.ts';
import { compilation, v2Host, written } from './sample.ts';

const SHIPPED = join(packageRoot, 'config/common.conf');
const GROUP = { group: 'user.slice/own', controllers: ['memory', 'pids'] };
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
  nic: '/nic',
  nicIsSetuid: true,
  passt: '/usr/bin/passt',
  tun: 'open',
  linkLocal: 'lo',
  usernsClone: '',
  maxUserNamespaces: '1',
  cgroups: { '/sys/fs/cgroup': GROUP },
};

const map = (kind: 'uid' | 'gid', outside: number, count = 65_536) =>
  written({ kind, inside: 0, outside, count });
const idmap = [map('uid', 200_000), map('gid', 300_000)];
const annsHost = (user: Partial<UserFacts> = {}) => ({
  ...v2Host,
  uid: 4711,
  gid: 4711,
  user: { ...ann, ...user },
});
const plan = (config: Partial<ContainerConfig> = {}, user: Partial<UserFacts> = {}) => {
  const made = compilation({ config: { idmap, networks: [], ...config }, host: annsHost(user) });
  const compiled = compileUser(made);
  return { compiled, problems: made.findings.problems.map(({ details }) => details.message) };
};

test('root needs nobody to act for it', (t) => {
  t.is(compileUser(compilation()), null);
});

test('a user has maps written by programs with fixed paths', (t) => {
  t.deepEqual(plan(), {
    compiled: { newUidMap: '/usr/bin/newuidmap', newGidMap: '/usr/bin/newgidmap', nic: '' },
    problems: [],
  });
});

test('ids beyond the subordinate ones are refused, the own one is the user’s', (t) => {
  const stranger = [map('uid', 265_000), map('gid', 300_000), map('gid', 4711, 1)];
  t.deepEqual(plan({ idmap: stranger }).problems, [
    "lxc.idmap = u 0 265000 65536: the uids 265000-330535 are not all ann's; /etc/subuid gives 200000-265535; " +
      'mend: usermod --add-subuids 265000-330535 ann (as root)',
  ]);
});

test('fewer ids than a system expects do where the lines ask for no more', (t) => {
  const few = { subuids: [{ first: 200_000, count: 1000 }], subgids: [{ first: 300_000, count: 1000 }] };
  t.deepEqual(plan({ idmap: [map('uid', 200_000, 1000), map('gid', 300_000, 1000)] }, few).problems, []);
  t.regex(
    plan({}, { ...few, subuids: [] }).problems[0] ?? '',
    /^subordinate uids: \/etc\/subuid gives ann none/,
  );
});

test('no gid but the own one is refused: the user’s other groups could not be left', (t) => {
  const [refused = '', ...rest] = plan({ idmap: [map('uid', 4711, 1), map('gid', 4711, 1)] }).problems;
  t.regex(refused, /^lxc\.idmap maps no gid but ann's own: .*lxc\.idmap = g 1 300000 1$/);
  t.deepEqual(rest, []);
});

test('no map at all is no container of a user; lines that would do are shown', (t) => {
  const made = compilation({ config: { idmap: [], networks: [] }, host: annsHost() });
  compileUser(made);
  const [{ message, hint } = {}] = made.findings.problems.map(({ details }) => details);
  t.regex(message ?? '', /there is no lxc\.idmap, and only root runs containers without a user namespace$/);
  t.is(hint, 'write for example: lxc.idmap = u 0 200000 65536; lxc.idmap = g 0 300000 65536');
});

const groupsOf = (cgroup2: ContainerConfig['cgroup2'], user: Partial<UserFacts> = {}) => {
  const made = compilation({ config: { idmap, cgroup2 }, host: annsHost(user) });
  const { hierarchies } = compileCgroups(made);
  return {
    hierarchies,
    warnings: made.findings.warnings,
    problems: made.findings.problems.map(({ details }) => details.message),
  };
};
const limit = (file: string, where = '/home/ann/config') => {
  const { value, at } = written({ file, value: '1' });
  return { value, at: { ...at, file: where } };
};

test('groups lie below the one that was delegated', (t) => {
  const [first] = groupsOf([limit('memory.max')]).hierarchies;
  t.like(first, {
    limitGroup: 'user.slice/own/tlxc/u1',
    monitorGroup: 'user.slice/own/tlxc/.monitor',
    controllers: ['memory', 'pids'],
  });
  t.is(first?.settings[0]?.file, 'memory.max');
});

test('a limit that cannot be set is refused, one of the shipped configuration left out', (t) => {
  const asked = groupsOf([limit('io.weight')]);
  t.regex(asked.problems[0] ?? '', /^lxc\.cgroup2\.io\.weight: the controller io is not delegated to ann$/);
  const shipped = groupsOf([limit('io.weight', SHIPPED)]);
  t.deepEqual(shipped.problems, []);
});

test('a list of devices is passed over with a warning, as LXC passes over it', (t) => {
  const asked = groupsOf([limit('devices.deny')]);
  t.deepEqual([asked.problems, asked.hierarchies[0]?.settings], [[], []]);
  t.regex(
    asked.warnings.join(),
    /:\d+: lxc\.cgroup2\.devices\.deny has no effect for a user: in a user namespace /,
  );
  const shipped = groupsOf([limit('devices.deny', SHIPPED)]);
  t.deepEqual([shipped.problems, shipped.warnings], [[], []]);
});

test('with nothing delegated there is one statement', (t) => {
  const { hierarchies, warnings, problems } = groupsOf([limit('pids.max', SHIPPED)], { cgroups: {} });
  t.deepEqual([hierarchies, problems], [[], []]);
  t.deepEqual(warnings, [
    'no control group is delegated to ann: the container stays in the group of this command, without limits of its own',
  ]);
});

import test from 'ava';
import { compileAttachPlan, FULL_ELEVATION, hostId, NO_ELEVATION } from '../../src/plan/attach.ts';
import type { AttachOptions, AttachSource } from '../../src/plan/attach.ts';

const idmap = (['uid', 'gid'] as const).map((kind) => ({ kind, inside: 0, outside: 100_000, count: 65_536 }));
const group = { innerGroup: 'tlxc/u1/ns' };
const info: AttachSource = {
  namespaces: ['user', 'mount', 'pid', 'uts', 'ipc', 'cgroup'],
  cgroups: [
    { ...group, version: 1, mountPoint: '/sys/fs/cgroup/pids' },
    { ...group, version: 2, mountPoint: '/sys/fs/cgroup/unified' },
  ],
  capabilities: ['chown', 'kill'],
  noNewPrivileges: true,
  apparmorProfile: 'lxc-default',
  selinuxContext: '',
  coreScheduling: true,
  initPid: 77,
  limits: [{ resource: 'nofile', soft: '10', hard: '20' }],
  personality: 'linux32',
  environment: ['FROM=container'],
  idmap,
};
const options: AttachOptions = {
  argv: ['true'],
  uid: 0,
  gid: 0,
  environment: { base: 'clean', keep: [], set: [], caller: {} },
  cwd: '/',
  cwdAsked: false,
  elevation: NO_ELEVATION,
  remount: false,
};

test('an attach takes all that the container has: namespaces, groups, limits, label, filter', (t) => {
  const plan = compileAttachPlan(info, options);
  t.deepEqual(plan.namespaces, ['user', 'mount', 'pid', 'uts', 'ipc', 'cgroup']);
  t.deepEqual(plan.cgroupTasks, ['/sys/fs/cgroup/pids/tlxc/u1/ns/tasks']);
  t.deepEqual(plan.capabilities, ['chown', 'kill']);
  t.like(plan, {
    noNewPrivileges: true,
    seccomp: true,
    apparmorProfile: 'lxc-default',
    personality: 'linux32',
    corePid: 77,
    limits: info.limits,
  });
});

test('on a v2 hierarchy the process goes to a leaf, where controllers may be enabled beside it', (t) => {
  t.deepEqual(compileAttachPlan(info, options).cgroupLeaf, '/sys/fs/cgroup/unified/tlxc/u1/ns/.tlxc');
});

test('-e keeps the privileges it names and no others', (t) => {
  const cap = compileAttachPlan(info, { ...options, elevation: { ...NO_ELEVATION, capabilities: true } });
  t.like(cap, { capabilities: null, seccomp: true, apparmorProfile: 'lxc-default' });
  const lsm = compileAttachPlan(info, { ...options, elevation: { ...NO_ELEVATION, lsm: true } });
  t.like(lsm, { capabilities: ['chown', 'kill'], seccomp: false, apparmorProfile: '' });
  const cgroup = compileAttachPlan(info, { ...options, elevation: { ...NO_ELEVATION, cgroup: true } });
  t.like(cgroup, { cgroupTasks: [], cgroupLeaf: '', seccomp: true });
});

test('-s enters only the namespaces named; one shared with the host is where the caller is already', (t) => {
  const plan = compileAttachPlan(info, {
    ...options,
    elevation: FULL_ELEVATION,
    namespaces: ['net', 'uts', 'ipc'],
    remount: true,
  });
  t.deepEqual(plan.namespaces, ['uts', 'ipc']);
  t.true(plan.remount);
});

test('-R means nothing inside the mounts of the container', (t) => {
  t.false(compileAttachPlan(info, { ...options, remount: true }).remount);
});

test('a new terminal belongs to the user inside: its host id, and the tty group', (t) => {
  t.deepEqual(compileAttachPlan(info, { ...options, uid: 1000 }).terminalOwner, {
    uid: 101_000,
    gid: 100_005,
  });
  const privileged = { ...info, namespaces: ['mount'], idmap: [] };
  t.deepEqual(compileAttachPlan(privileged, { ...options, uid: 1000 }).terminalOwner, { uid: 1000, gid: 5 });
  t.deepEqual(compileAttachPlan(info, { ...options, uid: 70_000 }).terminalOwner, null);
});

test('ids outside the map have no host id; without a map both are the same', (t) => {
  t.is(hostId(idmap, 'uid', 65_535), 165_535);
  t.is(hostId(idmap, 'uid', 65_536), null);
  t.is(hostId([], 'gid', 7), 7);
});

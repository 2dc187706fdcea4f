import test from 'ava';
import type { AutoMount, MountEntry } from '../../src/config/model.ts';
import { compileTree } from '../../src/plan/mounts.ts';
import type { StartFiles } from '../../src/plan/input.ts';
import type { TreeStep } from '../../src/plan/types.ts';
import { compilation, hybridHost, idmap, minimalConfig, v1Host, v2Host, written, network } from './sample.ts';

const entry = (source: string, target: string, fstype: string, ...options: string[]) =>
  written<MountEntry>({ source, target, fstype, options }, 'lxc.mount.entry');
const auto = (value: AutoMount) => written(value, 'lxc.mount.auto');

const brief = (step: TreeStep) =>
  step.op === 'filesystem'
    ? `${step.fstype} ${step.target} ${[...step.attributes, ...step.options].join(',')}`
    : `${step.op} ${step.target}`;

function treeOf(config: Partial<typeof minimalConfig>, host = hybridHost, files: StartFiles = {}) {
  const input = compilation({ config: { autodev: false, ...config }, host, files });
  return { tree: compileTree(input), findings: input.findings };
}

test('/dev comes first, then proc and sys, fstab, entries, cgroup', (t) => {
  const { tree } = treeOf({
    autodev: true,
    autoMounts: [
      auto({ what: 'cgroup', mode: 'mixed', force: true }),
      auto({ what: 'sys', mode: 'rw' }),
      auto({ what: 'proc', mode: 'rw' }),
    ],
    fstabEntries: [entry('tmpfs', 'run', 'tmpfs')],
    mountEntries: [entry('tmpfs', 'tmp', 'tmpfs')],
  });
  t.deepEqual(
    tree.slice(0, 6).map((step) => step.target),
    ['dev', 'proc', 'sys', 'run', 'tmp', 'sys/fs/cgroup'],
  );
});

test('proc:mixed keeps /proc/sys/net writable for who may configure a network', (t) => {
  const proc = [auto({ what: 'proc', mode: 'mixed' })];
  t.deepEqual(treeOf({ autoMounts: proc }).tree.map(brief), [
    'proc proc nosuid,nodev,noexec',
    'readonly proc/sys',
    'bind proc/sys/net',
    'readonly proc/sysrq-trigger',
  ]);
  const { tree } = treeOf({ autoMounts: proc, capDrop: [written('net_admin')] });
  t.false(tree.some((step) => step.target === 'proc/sys/net'));
});

test('sys:mixed is read-only but for the network devices', (t) => {
  const { tree } = treeOf({ autoMounts: [auto({ what: 'sys', mode: 'mixed' })] });
  t.deepEqual(tree.map(brief), ['sysfs sys nosuid,nodev,noexec,ro', 'bind sys/devices/virtual/net']);
  const [, net] = tree;
  t.true(net?.op === 'bind' && net.attributes.includes('rw') && net.sourceIn === 'rootfs');
});

test('the host network in a user namespace: sysfs is borrowed from the host', (t) => {
  const networks = [network('none')];
  const { tree } = treeOf({ idmap, networks, autoMounts: [auto({ what: 'sys', mode: 'ro' })] });
  t.true(tree[0]?.op === 'bind' && tree[0].source === '/sys' && tree[0].attributes.includes('ro'));
});

test('a bind entry: flags, propagation and what makes its target', (t) => {
  const { tree, findings } = treeOf({
    mountEntries: [
      entry('/srv', 'mnt/srv', 'none', 'rbind', 'ro', 'nosuid', 'suid', 'rslave', 'create=dir', 'optional'),
    ],
  });
  t.deepEqual(findings.problems, []);
  t.like(tree[0], {
    op: 'bind',
    source: '/srv',
    sourceIn: 'host',
    recursive: true,
    target: 'mnt/srv',
    attributes: ['ro'],
    propagation: 'rslave',
    create: 'dir',
    optional: true,
    idmap: '',
  });
});

test('a filesystem entry: flags of the mount apart from options of the filesystem', (t) => {
  const { tree } = treeOf({
    mountEntries: [
      entry('tmpfs', 'tmp', 'tmpfs', 'nosuid', 'nodev', 'size=10M', 'mode=1777', 'defaults', 'sync'),
    ],
  });
  t.deepEqual(tree.map(brief), ['tmpfs tmp nosuid,nodev,sync,size=10M,mode=1777']);
});

test('relative sources lie below the root filesystem', (t) => {
  const { tree } = treeOf({ mountEntries: [entry('/usr', 'opt', 'none', 'bind', 'relative')] });
  t.like(tree[0], { source: 'usr', sourceIn: 'rootfs' });
});

test('absolute targets: below the root filesystem as LXC does, else left out with a warning', (t) => {
  const { tree, findings } = treeOf({
    mountEntries: [
      entry('/a', '/var/lib/tlxc/u1/rootfs/a', 'none', 'bind'),
      entry('/b', '/b', 'none', 'bind'),
    ],
  });
  t.deepEqual(
    tree.map((step) => step.target),
    ['a'],
  );
  t.regex(findings.warnings.join(), /config:\d+: \/b: left out/);
});

test('what cannot be done is refused by name, all of it', (t) => {
  const { findings } = treeOf({
    mountEntries: [
      entry('/a', 'a', 'none'),
      entry('/a', 'a/../../b', 'none', 'bind'),
      entry('/a', 'a', 'none', 'bind', 'idmap=elsewhere'),
      entry('/a', 'a', 'none', 'bind', 'idmap=container'),
      entry('none', 'a', 'none', 'remount', 'shared'),
      entry('/a', 'a', 'none', 'bind', 'owner=1:1', 'idmap=/proc/1/ns/user'),
      entry('/a', 'a', 'none', 'bind', 'relative', 'owner=1:1'),
    ],
  });
  t.regex(
    findings.problems.join('\n'),
    /needs the option bind[^]*"\.\."[^]*idmap=elsewhere[^]*lxc\.idmap[^]*shared and remount[^]*idmap= and owner= exclude[^]*owner= needs a bind/,
  );
});

test('owner=: the host ids of somebody in the container', (t) => {
  const compiled = (value: string, config: Partial<typeof minimalConfig> = {}) => {
    const { tree, findings } = treeOf({ ...config, mountEntries: [entry('/a', 'a', 'none', 'bind', value)] });
    return { bind: tree.find(({ op }) => op === 'bind'), problems: findings.problems.join('\n') };
  };
  t.like(compiled('owner=33:34'), { bind: { owner: { uid: 33, gid: 34 }, idmap: '' }, problems: '' });
  t.like(compiled('owner=33:34', { idmap }).bind, { owner: { uid: 100033, gid: 100034 } });
  t.like(compiled('nosuid', { idmap }).bind, { owner: null });
  t.regex(compiled('owner=70000:0', { idmap }).problems, /owner=70000:0: the container has no such ids/);
  for (const wrong of ['www-data', '33', '33:', '33:34:35', '-1:0'])
    t.regex(compiled(`owner=${wrong}`).problems, /it must be UID:GID, numbers/, wrong);
});

test('cgroup: left to an init that may mount, forced, or mounted where it may not', (t) => {
  const plain = [auto({ what: 'cgroup', mode: 'mixed', force: false })];
  t.deepEqual(treeOf({ autoMounts: plain }).tree, []);
  const withoutAdmin = treeOf({ autoMounts: plain, capKeep: [written('chown')] }).tree.map(brief);
  t.deepEqual(withoutAdmin, [
    'tmpfs sys/fs/cgroup nosuid,nodev,noexec,mode=755,size=10240k',
    'cgroup sys/fs/cgroup/cpu,cpuacct nosuid,nodev,noexec,cpu,cpuacct',
    'cgroup sys/fs/cgroup/memory nosuid,nodev,noexec,memory',
    'cgroup sys/fs/cgroup/devices nosuid,nodev,noexec,devices',
    'cgroup sys/fs/cgroup/pids nosuid,nodev,noexec,pids',
    'cgroup sys/fs/cgroup/blkio nosuid,nodev,noexec,blkio',
    'cgroup sys/fs/cgroup/systemd nosuid,nodev,noexec,none,name=systemd',
    'cgroup2 sys/fs/cgroup/unified nosuid,nodev,noexec',
    'symlink sys/fs/cgroup/cpu',
    'symlink sys/fs/cgroup/cpuacct',
  ]);
  const forced = [auto({ what: 'cgroup', mode: 'ro', force: true })];
  t.true(
    treeOf({ autoMounts: forced }).tree.every(
      (step) => step.op !== 'filesystem' || step.attributes.includes('ro') || step.fstype === 'tmpfs',
    ),
  );
  t.deepEqual(treeOf({ autoMounts: plain }, v2Host).tree.map(brief), [
    'cgroup2 sys/fs/cgroup nosuid,nodev,noexec',
  ]);
});

test('cgroup: a systemd of 258 and later gets version 2, one from before it is warned of', (t) => {
  const forced = { autoMounts: [auto({ what: 'cgroup', mode: 'mixed', force: true })] };
  const unified = ['cgroup2 sys/fs/cgroup nosuid,nodev,noexec'];
  t.deepEqual(treeOf(forced, hybridHost, { guestSystemd: 258 }).tree.map(brief), unified);
  t.true(treeOf(forced, hybridHost, { guestSystemd: 257 }).tree.length > 1);
  const lost = treeOf(forced, v1Host, { guestSystemd: 260 }).findings.problems.join('\n');
  t.regex(lost, /its systemd 260 boots with cgroup version 2 only/);
  const { tree, findings } = treeOf(forced, v2Host, { guestSystemd: 0 });
  t.deepEqual(tree.map(brief), unified);
  t.regex(findings.warnings.join('\n'), /from before cgroup version 2[^]*unified_cgroup_hierarchy=0/);
  for (const guestSystemd of [undefined, 231, 262])
    t.deepEqual(treeOf(forced, v2Host, { guestSystemd }).findings.warnings, []);
});

test('cgroup2: the hierarchy of version 2 alone, where there is one', (t) => {
  const writable = [auto({ what: 'cgroup2', mode: 'default', force: false })];
  const readonly = [auto({ what: 'cgroup2', mode: 'ro', force: true })];
  for (const host of [hybridHost, v2Host]) {
    t.deepEqual(treeOf({ autoMounts: writable }, host).tree.map(brief), [
      'cgroup2 sys/fs/cgroup nosuid,nodev,noexec',
    ]);
    t.deepEqual(treeOf({ autoMounts: readonly }, host).tree.map(brief), [
      'cgroup2 sys/fs/cgroup nosuid,nodev,noexec,ro',
    ]);
  }
  t.regex(treeOf({ autoMounts: writable }, v1Host).findings.problems.join(), /no cgroup version 2 mounted/);
});

test('a mount tunnel comes after the entries and gives nothing back', (t) => {
  const autoMounts = [auto({ what: 'shmounts', host: '/srv/tunnel', container: '/dev/.lxc-mounts' })];
  const { tree } = treeOf({ autoMounts, mountEntries: [entry('tmpfs', 'tmp', 'tmpfs')] });
  t.deepEqual(tree.map(brief), ['tmpfs tmp ', 'bind dev/.lxc-mounts']);
  t.like(tree[1], { source: '/srv/tunnel', create: 'dir', propagation: 'rslave', lastPropagation: 'rslave' });
});

test('words that have no effect are said; words for the access times exclude each other', (t) => {
  const { tree, findings } = treeOf({
    idmap,
    mountEntries: [
      entry('/a', 'a', 'none', 'bind', 'noatime', 'ro', 'sync', 'dev'),
      entry('tmpfs', 'b', 'tmpfs', 'noatime', 'strictatime', 'mand', 'lazytime', 'async'),
    ],
  });
  t.deepEqual(
    tree.map((step) => 'attributes' in step && step.attributes),
    [['ro'], ['strictatime']],
  );
  t.deepEqual(tree[1]?.op === 'filesystem' && tree[1].options, ['lazytime']);
  t.regex(findings.warnings.join('\n'), /sync has no effect[^]*noatime has no effect[^]*mand has no effect/);
  t.deepEqual(findings.problems, []);
});

test('remount: of what is there where the source is none, else a mount like any other', (t) => {
  const { tree } = treeOf({
    mountEntries: [
      entry('none', 'mnt', 'none', 'remount', 'bind', 'ro', 'exec'),
      entry('none', 'mnt', 'none', 'remount', 'rw', 'size=2M'),
      entry('/a', 'a', 'none', 'bind', 'remount', 'ro'),
      entry('tmpfs', 'b', 'tmpfs', 'remount', 'ro'),
    ],
  });
  t.like(tree[0], { op: 'remount', attributes: ['exec', 'ro'], options: [] });
  t.like(tree[1], { op: 'remount', attributes: ['rw'], options: ['rw', 'size=2M'] });
  t.deepEqual(
    tree.slice(2).map(({ op }) => op),
    ['bind', 'filesystem'],
  );
});

test('lxc.apparmor.allow_nesting offers pristine proc and sysfs', (t) => {
  const { tree } = treeOf({ apparmor: { ...minimalConfig.apparmor, allowNesting: true } });
  t.deepEqual(
    tree.map((step) => step.target),
    ['dev/.lxc/proc', 'dev/.lxc/sys'],
  );
  const entries = [entry('proc', 'dev/.lxc/proc', 'proc'), entry('sys', 'dev/.lxc/sys', 'sysfs')];
  const both = { apparmor: { ...minimalConfig.apparmor, allowNesting: true }, mountEntries: entries };
  t.is(treeOf(both).tree.length, 2);
});

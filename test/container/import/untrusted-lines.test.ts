/** What the configuration of an archive may say, and what is left out of it by name. */
import test, { type ExecutionContext } from 'ava';
import { importedConfig, type ImportedConfig } from '../../../src/container/import/own-config.ts';

const COMMON = '/usr/share/tlxc/config/common.conf';

function imported(lines: readonly string[], { privileged = false, trusted = false } = {}): ImportedConfig {
  const index = { format: 1, name: 'c1', directory: '/old/c1', architecture: 'x86_64', created: '' };
  const ids = (['uid', 'gid'] as const).map((kind) => ({
    kind,
    inside: 0,
    outside: 1_000_000,
    count: 65_536,
  }));
  return importedConfig(lines.map((line) => `${line}\n`).join(''), {
    index: { ...index, privileged, snapshots: [] },
    ...{ dir: '/new/c2', name: 'c2', rootfsPath: 'dir:/new/c2/rootfs', keepMac: true, trusted },
    ...{ maps: privileged ? [] : ids, mountMapped: !privileged, bridges: ['tlxcbr0', 'br-mine'] },
    carriersOf: () => [],
  });
}

const linesOf = ({ text }: ImportedConfig): string[] =>
  text.split('\n').filter((line) => /^t?lxc\./.test(line));

function stays(t: ExecutionContext, lines: readonly string[], how = {}): void {
  const result = imported(lines, how);
  t.deepEqual(result.leftOut, []);
  for (const line of lines) t.true(linesOf(result).includes(line), line);
}

/** Alone, each of them. */
function goes(t: ExecutionContext, lines: readonly string[], how = {}): void {
  for (const line of lines) {
    const result = imported([line], how);
    t.is(result.leftOut.length, 1, line);
    t.true(result.leftOut[0]?.startsWith(line), result.leftOut[0]);
    t.false(linesOf(result).includes(line), line);
    t.true(result.text.includes(`\n# not imported: ${line}\n`), line);
  }
}

test('what is the container’s alone comes along', (t) => {
  stays(t, [
    `lxc.include = ${COMMON}`,
    'lxc.include = /usr/share/tlxc/config/oci.conf',
    'lxc.arch = linux64',
    'lxc.signal.halt = SIGRTMIN+3',
    'lxc.environment = LANG=de_DE.UTF-8',
    'lxc.init.cmd = /sbin/init --now',
    'lxc.init.groups = 5,6',
    'lxc.tty.max = 2',
    'lxc.console.size = 1MB',
    'lxc.console.buffer.size = auto',
    'lxc.console.buffer.size = 1MB',
    'lxc.start.delay = 60',
    'lxc.cgroup2.memory.max = 512M',
    'lxc.cgroup.cpu.shares = 100',
    'lxc.prlimit.nofile = 1024',
    'lxc.cgroup2.pids.max = 500',
    'lxc.cgroup.memory.limit_in_bytes = 1G',
    'lxc.cgroup2.cpuset.cpus = 0-1',
    'lxc.cgroup2.io.max = 8:0 rbps=1048576',
    'lxc.sysctl.net.ipv4.ip_forward = 1',
    'lxc.sysctl.kernel.shmmax = 1000000',
    'lxc.start.auto = 1',
    'lxc.group = web',
    'lxc.cap.drop = sys_time',
    'lxc.mount.auto = proc:mixed sys:ro cgroup:mixed',
    'lxc.net.0.type = veth',
    'lxc.net.0.link = br-mine',
    'lxc.net.0.flags = up',
    'lxc.net.0.name = eth0',
    'lxc.net.0.hwaddr = 10:66:6a:00:00:01',
    'lxc.net.0.ipv4.address = 10.0.3.9/24',
    'lxc.net.0.ipv4.gateway = auto',
    'lxc.net.0.mtu = 1400',
    'tlxc.net.0.ipv4.static = 1',
  ]);
});

test('the log of its console stays one in its own directory, and nothing else there can be written', (t) => {
  const { leftOut, text } = imported(['lxc.console.logfile = /old/c1/console.log']);
  t.deepEqual(leftOut, []);
  t.regex(text, /^lxc.console.logfile = \/new\/c2\/console.log$/m);
  for (const name of ['config', '../c3/x.log', 'rootfs/x.log', '', '.log'])
    goes(t, [`lxc.console.logfile = /old/c1/${name}`]);
  goes(t, ['lxc.console.logfile = /etc/x.log']);
});

test('the log of its console has a limit, its own or the usual one', (t) => {
  const log = 'lxc.console.logfile = /old/c1/console.log';
  const sizes = (lines: readonly string[], how = {}) =>
    linesOf(imported(lines, how)).filter((line) => line.startsWith('lxc.console.size'));
  t.deepEqual(sizes([log]), ['lxc.console.size = auto']);
  t.deepEqual(sizes([log, 'lxc.console.size = 0']), ['lxc.console.size = auto']);
  t.deepEqual(sizes([log, 'lxc.console.size = 1MB']), ['lxc.console.size = 1MB']);
  t.deepEqual(sizes(['lxc.console.size = 1MB']), ['lxc.console.size = 1MB']);
  t.deepEqual(sizes([log], { trusted: true }), []);
  goes(t, ['lxc.console.size = 0', 'lxc.console.size = 1GB']);
});

test("neither the monitor's memory nor the start of others is its to take", (t) => {
  goes(t, [
    'lxc.console.buffer.size = 1024GB',
    'lxc.console.buffer.size = 2MB',
    'lxc.start.delay = 61',
    'lxc.start.delay = 2147483646',
  ]);
});

const FROM_HOST = [
  'etc mnt none bind,create=dir',
  '/etc mnt none bind',
  '\\057etc mnt none bind',
  'etc mnt none rbind,ro',
  'etc mnt tmpfs bind',
  'none mnt none move',
  'overlay mnt overlay lowerdir=/etc,upperdir=/a,workdir=/b',
  '/dev/sda1 mnt ext4 ro',
  'tmpfs mnt tmpfs remount',
  'tmpfs mnt tmpfs rw,rshared',
  'tmpfs mnt tmpfs idmap=/proc/1/ns/user',
  '9p mnt 9p trans=fd',
  'one',
];

for (const key of ['lxc.mount.entry', 'tlxc.mount.base'])
  test(`${key}: the container's own filesystems, and nothing of the host's`, (t) => {
    const own = [
      ...['tmpfs run tmpfs nosuid,nodev,mode=755,create=dir 0 0', 'mqueue dev/mqueue mqueue optional'],
      ...['srv/a srv/b none bind,relative,create=dir', '/srv/a srv/b none rbind,relative,ro'],
    ].map((line) => `${key} = ${line}`);
    const kernel = ['proc dev/.lxc/proc proc create=dir', 'sysfs x sysfs ro'].map(
      (line) => `${key} = ${line}`,
    );
    const hosts = FROM_HOST.map((line) => `${key} = ${line}`);
    stays(t, [...own, ...kernel]);
    stays(t, own, { privileged: true });
    goes(t, hosts);
    goes(t, [...hosts, ...kernel], { privileged: true });
  });

const REACHING = [
  'lxc.hook.pre-start = /bin/true',
  'lxc.net.0.script.up = /bin/true',
  'lxc.log.file = /tmp/never',
  'lxc.namespace.keep = net',
  'lxc.namespace.clone = mount pid',
  'lxc.namespace.share.net = 1',
  'tlxc.net.0.forward = tcp 22 -> 22',
  'tlxc.net.0.forward = unix:/run/x -> /run/x',
  'lxc.net.0.link = br-secret',
  'lxc.net.0.veth.pair = eth7',
  'lxc.net.0.veth.ipv4.route = 10.0.0.0/8',
  'lxc.mount.auto = shmounts:/etc',
  'lxc.mount.auto = proc:mixed shmounts:/etc:/x',
  'lxc.mount.auto = proc:rw',
  'lxc.mount.auto = sys:rw',
  'lxc.mount.auto = cgroup-full:rw:force',
  'lxc.mount.fstab = /etc/fstab',
  'lxc.seccomp.notify.proxy = unix:/run/x',
  'lxc.seccomp.profile = /dev/null',
  'lxc.environment = AWS_SECRET_ACCESS_KEY',
  'lxc.environment.hooks = A=b',
  'lxc.cap.keep = sys_admin',
  'lxc.apparmor.profile = unconfined',
  'lxc.apparmor.raw = mount,',
  'lxc.selinux.context = unconfined_t',
  'lxc.cgroup.devices.allow = a',
  'lxc.cgroup2.devices.allow = a',
  'lxc.cgroup2.cgroup.procs = 1',
  'lxc.cgroup2.pids.max = max',
  'lxc.cgroup.pids.max = 99999',
  'lxc.cgroup2.memory.min = 64G',
  'lxc.cgroup2.memory.low = max',
  'lxc.cgroup2.cpuset.cpus.partition = isolated',
  'lxc.cgroup.cpuset.cpu_exclusive = 1',
  'lxc.cgroup.cpu.rt_runtime_us = 950000',
  'lxc.cgroup2.io.latency = 8:0 target=10',
  'lxc.prlimit.rtprio = 99',
  'lxc.prlimit.nice = 40',
  'lxc.prlimit.memlock = unlimited',
  'lxc.prlimit.msgqueue = unlimited',
  'lxc.cgroup.dir = system.slice',
  'lxc.cgroup.relative = 1',
  'lxc.sysctl.kernel.core_pattern = |/bin/true',
  'lxc.sysctl.net/../kernel/core_pattern = |/bin/true',
  'lxc.sysctl.net...kernel.core_pattern = |/bin/true',
  'lxc.proc.oom_score_adj = -1000',
  'lxc.monitor.unshare = 1',
  'lxc.include = /usr/share/tlxc/config/privileged.conf',
  'lxc.include = /usr/share/tlxc/config/common.conf.d/',
  'lxc.include = /etc/passwd',
  'lxc.network.type = phys',
];
const TAKEN_BACK = [
  ...['lxc.cap.drop =', 'lxc.cap.keep =', 'lxc.seccomp.profile =', 'lxc.apparmor.profile =', 'lxc.cgroup ='],
  ...['lxc.cgroup2.devices.deny =', 'lxc.mount.auto =', 'tlxc.mount.masked =', 'tlxc.mount.readonly ='],
  'lxc.cgroup.pids.max =',
];

test('what reaches into the host, or takes back what keeps the container in, is left out by name', (t) => {
  for (const privileged of [false, true])
    goes(t, [...REACHING, ...TAKEN_BACK.map((line) => `${line} `)], { privileged });
  goes(t, ['lxc.cap.drop = sys_time', 'lxc.init.groups = 6'], { privileged: true });
  goes(t, ['lxc.include = /usr/share/tlxc/config/nesting.conf'], { privileged: true });
});

test('options of the root filesystem: plain flags only', (t) => {
  const { leftOut, text } = imported(['lxc.rootfs.options = nosuid,errors=panic,idmap=/proc/1/ns/user']);
  t.deepEqual(leftOut, ['lxc.rootfs.options = errors=panic: it may reach into the host']);
  t.regex(text, /^lxc.rootfs.options = nosuid,idmap=container$/m);
});

test('interfaces of the host become empty ones, however they are numbered', (t) => {
  const { leftOut, text } = imported([
    ...['lxc.net.0.type = veth', 'lxc.net.00.type = phys', 'lxc.net.0.link = eth0'],
    ...['lxc.net.1.type = macvlan', 'lxc.net.1.link = eth0', 'lxc.net.2.type = veth'],
  ]);
  t.is(leftOut.length, 2);
  t.deepEqual(text.match(/^lxc.net.*$/gm)?.sort(), [
    ...['lxc.net.0.type = empty', 'lxc.net.1.type = empty', 'lxc.net.2.type = veth'],
  ]);
});

test('it has the common profile, TLXC’s, whatever it names', (t) => {
  const first = (lines: readonly string[]) => linesOf(imported(lines, { privileged: true }))[0];
  t.is(first(['lxc.arch = linux64']), `lxc.include = ${COMMON}`);
  t.is(first(['lxc.include = /usr/share/lxc/config/common.conf']), `lxc.include = ${COMMON}`);
  t.is(first(['lxc.include = /tmp/common.conf']), `lxc.include = ${COMMON}`);
});

test('who is trusted has it all', (t) => {
  stays(t, [...REACHING.slice(0, 10), ...FROM_HOST.slice(0, 3).map((line) => `lxc.mount.entry = ${line}`)], {
    trusted: true,
  });
});

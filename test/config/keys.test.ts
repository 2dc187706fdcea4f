import Ajv from 'ajv';
import test from 'ava';
import { containerSchema } from '../../.ci/config-schema.ts';
import { registry } from '../../src/config/registry.ts';
import { Settings } from '../../src/config/settings.ts';
import { showConfigKey } from '../../src/config/show.ts';

/** A value, and what the key shows after it; alone, the value itself. */
type Good = string | readonly [written: string, shown: string];

interface Row {
  readonly good: readonly Good[];
  readonly bad: readonly string[];
}

const flag: Row = { good: ['0', '1'], bad: ['2', 'yes', 'true', '-1', '01', '1 0'] };
const id: Row = { good: ['0', '1000', '4294967294'], bad: ['4294967295', '-1', '0x1', 'root', ' 5:'] };
const path: Row = { good: ['/a/b', ['b', '/etc/here/b'], ['../b', '/etc/b']], bad: [] };
const signal: Row = {
  good: [
    ['SIGPWR', '30'],
    ['sigint', '2'],
    ['9', '9'],
    ['SIGRTMIN+3', '37'],
    ['SIGRTMAX-2', '62'],
    ['SIGRTMAX', '64'],
  ],
  bad: ['PWR', '0', '65', 'SIGFOO', 'SIGRTMIN+31', 'SIGRTMIN-1', 'SIGRTMAX-31', '-9'],
};
const size: Row = {
  good: [
    ['auto', '131072'],
    ['0', '0'],
    ['100', '4096'],
    ['5000', '8192'],
    ['10kb', '16384'],
    ['10 MB', '16777216'],
    ['1GB', '1073741824'],
  ],
  bad: ['x', '1TB', '1.5MB', '-1', '1K', '9999999999GB'],
};
const relative: Row = {
  good: ['a/b', ['a/b/', 'a/b'], ['a/../b', 'b']],
  bad: ['/a', '..', '../a', 'a/../../b', '.'],
};
const queues: Row = { good: ['1', '16'], bad: ['0', '-1', '4097', 'x'] };
const interfaceName: Row = { good: ['eth0', 'a.b'], bad: ['1234567890123456', 'a/b', 'a b', '..', 'a:b'] };
const hook: Row = { good: [['/bin/a b', '/bin/a b\n']], bad: [] };
const mount: Row = {
  good: [],
  bad: ['one', '/a b', '/a b none bind zero', '/my disk mnt none bind,ro 0 0'],
};
const namespaceList: Row = {
  good: [
    ['net ipc', 'ipc\nnet\n'],
    ['time cgroup net ipc uts pid mount user', 'user\nmnt\npid\nuts\nipc\nnet\ncgroup\ntime\n'],
  ],
  bad: ['network', 'net,ipc', 'NET'],
};
const clock: Row = {
  good: [
    ['1h', '3600 s'],
    ['-5m', '-300 s'],
    ['+7 s', '7 s'],
    ['1500ms', '1500000000 ns'],
    ['-1us', '-1000 ns'],
    ['3ns', '3 ns'],
    ['4611686018s', '4611686018 s'],
  ],
  bad: ['5', '5d', '1.5h', 'h', '4611686019s', '-99999999999999h', '5 s s'],
};
const line = (value: string): Good => [value, `${value}\n`];

const environment = {
  good: [line('A=b c'), line('A='), ['HERE', 'HERE=yes\n'] as const],
  bad: ['NOT_HERE', '=a'],
};
const rows: Readonly<Record<string, Row>> = {
  'lxc.arch': {
    good: [
      ['amd64', 'x86_64'],
      ['i386', 'i686'],
      ['arm64', 'x86_64'],
      ['linux32', 'i686'],
    ],
    bad: ['bogus', 'X86_64', 'x86_64 i686'],
  },
  'lxc.uts.name': { good: ['c1', 'a.b-c'], bad: ['a b', 'a/b', 'x'.repeat(65)] },
  'lxc.init.cmd': {
    good: ['/sbin/init --x "a b"', "/bin/sh -c 'a; b' c\\ d"],
    bad: ['/bin/sh "a', "a 'b", 'a \\', '""'],
  },
  'lxc.init.cwd': { good: ['/a', ['/a/../b', '/b']], bad: ['a', './a'] },
  'lxc.init.uid': id,
  'lxc.init.gid': id,
  'lxc.init.groups': { good: ['5', ['5, 6,7', '5,6,7']], bad: ['adm', '5 6', '-1', '4294967295', '0x5'] },
  'lxc.namespace.clone': namespaceList,
  'lxc.namespace.keep': namespaceList,
  'lxc.namespace.share.net': { good: ['web', '17', '/run/netns/a'], bad: [] },
  'lxc.namespace.share.network': { good: [], bad: ['web'] },
  'lxc.time.offset.boot': clock,
  'lxc.time.offset.monotonic': clock,
  'lxc.prlimit.nofile': {
    good: [
      '1024',
      '10:20',
      ['5:5', '5'],
      ['10 : 20', '10:20'],
      'unlimited',
      '10:unlimited',
      ['-1', 'unlimited'],
    ],
    bad: ['1K', '0x10', '20:10', 'unlimited:10', '5:', ':5', '1:2:3', '18446744073709551615', 'infinity'],
  },
  'lxc.prlimit.files': { good: [], bad: ['10'] },
  'lxc.sysctl.net.ipv4.ip_forward': { good: ['1', '10 20\t30'], bad: ['1\n2', '1\0'] },
  'lxc.proc.oom_score_adj': { good: ['10', '-5'], bad: [] },
  'lxc.proc.../1/oom_score_adj': { good: [], bad: ['10'] },
  'lxc.proc.uid_map': { good: [], bad: ['0 0 1'] },
  'tlxc.credential.set.passwd.hashed-password.root': { good: [['$y$j9T$x y', '(hidden)']], bad: [] },
  'tlxc.credential.load.tls.key': { good: ['/etc/tls.key', ['tls.key', '/etc/here/tls.key']], bad: [] },
  'tlxc.credential.load.a/b': { good: [], bad: ['/x'] },
  'lxc.keyring.session': flag,
  'lxc.sched.core': flag,
  'lxc.selinux.context': { good: ['system_u:system_r:lxc_t:s0:c22', 'unconfined_t'], bad: [] },
  'lxc.selinux.context.keyring': { good: ['system_u:system_r:lxc_t:s0:c22'], bad: [] },
  'lxc.signal.halt': signal,
  'lxc.signal.reboot': signal,
  'lxc.signal.stop': signal,
  'lxc.environment': environment,
  'lxc.environment.runtime': environment,
  'lxc.environment.hooks': environment,
  'lxc.execute.cmd': { good: ['/bin/a "b c"'], bad: ['"a', '""'] },
  'lxc.log.syslog': { good: ['daemon', 'local0', 'LOCAL7'], bad: ['user', 'local8', 'local', '24'] },
  'lxc.ephemeral': flag,
  'lxc.monitor.unshare': flag,
  'lxc.monitor.signal.pdeath': signal,
  'lxc.log.file': path,
  'lxc.log.level': {
    good: [
      ['debug', 'DEBUG'],
      ['3', 'NOTICE'],
      ['ERROR', 'ERROR'],
    ],
    bad: ['9', 'loud', 'NOTSET'],
  },
  'lxc.rootfs.path': {
    good: ['/a', 'none', ['dir:/a', '/a'], ['overlay:/a:/b', '/a:/b'], ['zfs:pool/a', 'pool/a']],
    bad: ['a', 'what:/a', './a'],
  },
  'lxc.rootfs.mount': { good: ['/mnt'], bad: ['mnt'] },
  'lxc.rootfs.options': { good: ['ro', 'ro,idmap=container', ['ro,,noatime', 'ro,noatime']], bad: [] },
  'lxc.rootfs.managed': { good: ['0', '1'], bad: ['2', 'no'] },
  'tlxc.rootfs.volatile': {
    good: ['0', '1', ['64KB', '65536B'], ['2 GB', '2147483648B']],
    bad: ['2', '10', '1B', '5%', 'yes', '-1'],
  },
  'lxc.mount.auto': {
    good: [
      'cgroup2:ro:force',
      ['proc cgroup cgroup2', 'proc:mixed cgroup2'],
      ['shmounts:/a', 'shmounts:/a:/dev/.lxc-mounts'],
      'shmounts:/a:/b',
      'proc:mixed',
      ['proc', 'proc:mixed'],
      ['cgroup sys:rw proc:rw', 'proc:rw sys:rw cgroup'],
      ['sys:mixed sys:ro', 'sys:ro'],
      ['cgroup:mixed cgroup-full:rw:force', 'cgroup-full:rw:force'],
      'cgroup:force',
    ],
    bad: [
      'bogus',
      'proc:ro',
      'proc:rw:force',
      'sys:force',
      'cgroup:bogus',
      'cgroup:rw:bogus',
      'cgroup2:rw',
      'shmounts',
      'shmounts:a',
      'shmounts:/a:b',
      'shmounts:/a:/b:/c',
    ],
  },
  'lxc.mount.entry': {
    ...mount,
    good: [line('/a b none bind 0 0'), line('/a\\040b c none bind'), line('a b c')],
  },
  'lxc.mount.fstab': path,
  'tlxc.mount.base': {
    ...mount,
    good: [line('/a\\040b c none bind,ro 0 0'), ['a b c', 'a b c defaults 0 0\n']],
  },
  'tlxc.mount.lxcfs': { good: ['auto', '0', '1'], bad: ['yes', '2'] },
  'tlxc.mount.masked': { good: [['/proc/a  /proc/b', '/proc/a\n/proc/b\n']], bad: ['proc/a', '/a b'] },
  'tlxc.mount.readonly': { good: [line('/proc/a')], bad: ['proc/a'] },
  'tlxc.device': {
    good: [
      line('gpu'),
      line('kvm optional'),
      ['/dev//dri/renderD128   optional', '/dev/dri/renderD128 optional\n'],
      ['/dev/ttyUSB0->/dev/zigbee mode=660 gid=20', '/dev/ttyUSB0 -> /dev/zigbee mode=0660 gid=20\n'],
    ],
    bad: [
      ...['gpus', 'dev/kvm', 'gpu -> /dev/a', '/dev/a /dev/b', '/dev/a -> b', '/dev/a -> /dev/../b'],
      ...['/dev/a ->', '/dev/a -> /b -> /c', 'gpu mode=999', 'gpu uid=root', 'gpu optional=1', '-> /dev/a'],
    ],
  },
  'lxc.autodev.tmpfs.size': { good: ['500000', '0'], bad: ['-1', '4K', '2147483648'] },
  'lxc.autodev': { good: ['0', '1', ['', '0']], bad: ['2', 'auto'] },
  'lxc.tty.max': { good: ['0', '4'], bad: ['-1', '010', '4 # four', '4000000000', 'x'] },
  'lxc.tty.dir': { ...relative, good: ['lxc'] },
  'lxc.pty.max': { good: ['0', '1024'], bad: ['-1', 'x'] },
  'lxc.console.path': { ...path, good: [...path.good, 'none'] },
  'lxc.console.logfile': path,
  'lxc.console.size': size,
  'lxc.console.buffer.size': size,
  'lxc.console.rotate': flag,
  'lxc.net.0.type': {
    good: ['veth', 'empty', 'none', 'macvlan', 'ipvlan', 'vlan', 'phys'],
    bad: ['bogus', 'VETH', 'bridge'],
  },
  'lxc.net.0.flags': { good: ['up', ['down', 'up']], bad: [] },
  'lxc.net.0.link': interfaceName,
  'lxc.net.0.name': interfaceName,
  'lxc.net.0.hwaddr': {
    good: ['10:66:6a:00:00:01', '00:16:3e:xx:XX:xx'],
    bad: ['zz:zz', '10:66:6a:00:00', '10:66:6a:00:00:01:02', '11:66:6a:00:00:01', '106.66a.000.001'],
  },
  'lxc.net.0.mtu': { good: ['1500', '68'], bad: ['abc', '0', '65536'] },
  'lxc.net.0.ipv4.address': {
    good: [
      ['10.0.3.5', '10.0.3.5/8'],
      ['192.168.1.2', '192.168.1.2/24'],
      ['172.16.0.1/30 172.16.0.3', '172.16.0.1/30'],
    ],
    bad: [
      '300.1.2.3',
      '10.0.0.1/33',
      '10.0.0.1/',
      '10.0.0.1 x',
      '10.0.0.1/24 10.0.0.255 x',
      '10.1',
      'fd00::1',
    ],
  },
  'lxc.net.0.ipv4.gateway': { good: ['10.0.3.1', 'auto', 'dev'], bad: ['10.0.3', 'fd00::1', 'none'] },
  'lxc.net.0.ipv6.address': {
    good: [
      ['fd00::1', 'fd00::1/64'],
      ['fd00::1/128', 'fd00::1/128'],
    ],
    bad: ['10.0.0.1', 'fd00::1/129', 'fd00::g', 'fe80::1%eth0'],
  },
  'lxc.net.0.ipv6.gateway': { good: ['fd00::1', 'auto', 'dev'], bad: ['10.0.0.1', 'fe80::1%eth0'] },
  'lxc.net.0.l2proxy': flag,
  'lxc.net.0.script.up': { good: ['/srv/up --now'], bad: [] },
  'lxc.net.0.script.down': { good: ['/srv/down'], bad: [] },
  'tlxc.net.0.ipv4.lease': { good: ['10.0.4.7'], bad: ['10.0.4.7/24', '10.0.4', 'fd00::7', 'auto'] },
  'tlxc.net.0.type': { good: ['passt'], bad: ['veth', 'pasta', '1'] },
  'tlxc.net.0.filter': { good: ['none', 'mac'], bad: ['1', 'MAC', 'ip'] },
  'tlxc.net.0.ipv4.static': { good: ['1', '0'], bad: ['yes', '2'] },
  'tlxc.net.0.ipv6.lease': { good: ['fd00::7'], bad: ['fd00::7/64', '10.0.4.7', 'fe80::1%eth0'] },
  'lxc.net.0.veth.pair': interfaceName,
  'lxc.net.0.veth.mode': { good: ['bridge', 'router'], bad: ['routed', 'Bridge'] },
  'lxc.net.0.veth.n_rxqueues': queues,
  'lxc.net.0.veth.n_txqueues': queues,
  'lxc.net.0.veth.ipv4.route': {
    good: ['10.1.0.0/16', '0.0.0.0/0', '10.1.2.3/32'],
    bad: ['10.1.0.0', '10.1.2.3/16', '10.1.0.0/33', 'fd00::/64'],
  },
  'lxc.net.0.veth.ipv6.route': {
    good: ['fd00:1::/64', 'fd00::1/128'],
    bad: ['fd00:1::', 'fd00:1::/129', '10.1.0.0/16', 'fe80::%eth0/64'],
  },
  'lxc.net.0.veth.vlan.id': { good: ['0', '4094', ['none', '-1']], bad: ['4095', '-1', 'None', '5 6'] },
  'lxc.net.0.veth.vlan.tagged.id': { good: ['1', '4094'], bad: ['4095', 'none', '5 6'] },
  'lxc.net.0.macvlan.mode': {
    good: ['private', 'vepa', 'bridge', 'passthru'],
    bad: ['source', 'passthrough'],
  },
  'lxc.net.0.ipvlan.mode': { good: ['l2', 'l3', 'l3s'], bad: ['L3', 'l2s'] },
  'lxc.net.0.ipvlan.isolation': { good: ['bridge', 'private', 'vepa'], bad: ['passthru'] },
  'tlxc.net.0.forward': {
    good: [
      ['8080 -> 80', 'tcp 8080 -> 80'],
      'tcp 127.0.0.1:8080 -> 10.0.3.5:80',
      ['udp [::1]:5353->53', 'udp [::1]:5353 -> 53'],
      ['tcp [::]:1-3  ->  0.0.0.0:4-6', 'tcp [::]:1-3 -> 0.0.0.0:4-6'],
      'tcp unix:/run/a.sock -> unix:/run/b.sock',
      'udp 53 -> 53 idle=5',
      ['udp 53 -> 53 idle=60', 'udp 53 -> 53'],
      'tcp 80 -> 80 proxy-protocol=1',
      [
        'unix:/run/a.sock -> 80 proxy-protocol=1 mode=660',
        'tcp unix:/run/a.sock -> 80 proxy-protocol=1 mode=0660',
      ],
      ['tcp unix:/run/a.sock -> 80 uid=5 mode=660', 'tcp unix:/run/a.sock -> 80 mode=0660 uid=5'],
    ],
    bad: [
      ...['80', '-> 80', '80 ->', '80 -> 81 -> 82', 'sctp 80 -> 80', 'tcp 80 80 -> 80', 'tcp -> 80'],
      ...[
        '0 -> 80',
        '65536 -> 80',
        '80-79 -> 80-79',
        '1-300 -> 1-300',
        '1-2 -> 3',
        'a:80 -> 80',
        '::1:80 -> 80',
      ],
      ...[
        '[fe80::1%eth0]:80 -> 80',
        'unix:a -> 80',
        'unix:/ -> 80',
        'udp unix:/a -> 80',
        'udp 80 -> unix:/a',
      ],
      ...[
        `unix:/${'x'.repeat(107)} -> 80`,
        '80 -> 80 mode=0660',
        'unix:/a -> 80 mode=999',
        'unix:/a -> 80 owner=5',
      ],
      ...['53 -> 53 idle=5', 'udp 53 -> 53 idle=0', 'udp 53 -> 53 idle=86401', 'unix:/a -> 80 idle=5'],
      ...['udp 53 -> 53 proxy-protocol=1', '80 -> 80 proxy-protocol=2', '80 -> 80 proxy-protocol'],
    ],
  },
  'lxc.net.0.vlan.id': { good: ['0', '4094'], bad: ['4095', 'none', '-1'] },
  'lxc.cgroup.dir': relative,
  'lxc.cgroup.dir.container': relative,
  'lxc.cgroup.dir.monitor': relative,
  'lxc.cgroup.dir.monitor.pivot': relative,
  'lxc.cgroup.dir.container.inner': relative,
  'lxc.cgroup.relative': flag,
  'lxc.cgroup.devices.allow': {
    good: [line('a'), line('c 1:3 rwm'), line('b *:* m')],
    bad: ['c 1:3', 'd 1:3 r', 'c 1 r', 'c 1:3 x', 'all'],
  },
  'lxc.cgroup.memory.limit_in_bytes': { good: [line('256M')], bad: [] },
  'lxc.cgroup2.memory.max': { good: [line('256M')], bad: [] },
  'lxc.cgroup2.devices.deny': { good: [line('a')], bad: ['everything'] },
  'lxc.idmap': {
    good: ['u 0 100000 65536', 'g 1000 1000 1'],
    bad: [
      'b 0 100000 65536',
      'u 0 100000',
      'u 0 100000 0',
      'u 0 -1 5',
      'u 0 4294967295 1',
      'u 0 1 2 3',
      'u 0 0x1 2',
    ],
  },
  'lxc.cap.drop': {
    good: [
      ['mknod  sys_time', 'mknod\nsys_time\n'],
      ['21', 'sys_admin\n'],
    ],
    bad: ['bogus', 'CAP_MKNOD', 'mknod bogus', '64'],
  },
  'lxc.cap.keep': {
    good: [line('kill'), ['chown none kill', 'none\nkill\n'], line('none')],
    bad: ['bogus', 'None'],
  },
  'lxc.no_new_privs': flag,
  'lxc.seccomp.profile': path,
  'lxc.seccomp.allow_nesting': flag,
  'lxc.seccomp.notify.proxy': {
    good: [
      ['unix:/run/a b', '/run/a b'],
      ['unix:@name', 'name'],
    ],
    bad: ['/run/proxy', 'unix:', 'unix:run/proxy', 'unix:@', 'tcp:1', `unix:/${'x'.repeat(107)}`],
  },
  'lxc.seccomp.notify.cookie': { good: ['c1', 'a b=c'], bad: [] },
  'lxc.apparmor.profile': { good: ['generated', 'unconfined', 'a b'], bad: [] },
  'lxc.apparmor.allow_incomplete': flag,
  'lxc.apparmor.allow_nesting': flag,
  'lxc.apparmor.raw': { good: [line('mount,')], bad: [] },
  'lxc.start.auto': flag,
  'lxc.start.delay': { good: ['0', '5'], bad: ['-1', '5s', 'x'] },
  'lxc.start.order': { good: ['0', '-3', '2147483647'], bad: ['2147483648', 'first'] },
  'tlxc.start.after': {
    good: [
      ['db', 'db\n'],
      ['db  cache.1', 'db\ncache.1\n'],
    ],
    bad: ['-db', 'db a/b', '.db'],
  },
  'tlxc.start.ready': {
    good: ['ready', ['ip, port:80', 'ip,port:80'], 'exec:test -e /a,b', 'ip,exec:true'],
    bad: ['booted', 'port:', 'port:70000', 'exec: ', 'ip,', 'ip,,exec:true'],
  },
  'tlxc.restart': { good: ['no', 'on-failure', 'always'], bad: ['yes', 'Always', '1'] },
  'tlxc.restart.delay': { good: ['1', '86400'], bad: ['0', '-1', '1s', '86401'] },
  'tlxc.restart.max': { good: ['0', '5'], bad: ['-1', 'many'] },
  'tlxc.health.command': { good: ['curl -fsS http://localhost/', 'true || exit 1'], bad: [] },
  'tlxc.health.user': { good: ['www-data', '1000:1000'], bad: ['a b', 'a:', 'a:b:c', ':b'] },
  'tlxc.health.interval': { good: ['1', '86400'], bad: ['0', '5s', '86401'] },
  'tlxc.health.timeout': { good: ['1', '86400'], bad: ['0', '-1', '86401'] },
  'tlxc.health.retries': { good: ['1', '1000'], bad: ['0', '1001'] },
  'tlxc.health.start-period': { good: ['0', '86400'], bad: ['-1', '86401'] },
  'tlxc.health.restart': { good: ['0', '1'], bad: ['2', 'yes'] },
  'lxc.group': { good: [['onboot  x', 'onboot\nx\n']], bad: [] },
  'lxc.hook.version': { good: ['0', '1'], bad: ['2', 'x'] },
  ...Object.fromEntries(
    'pre-start pre-mount mount autodev start-host start stop post-stop clone destroy'
      .split(' ')
      .map((name) => [`lxc.hook.${name}`, hook]),
  ),
};

const fits = new Ajv().compile(containerSchema());

/** The type of interface that a key needs. */
const typeFor = (name: string): string => /^lxc\.net\.0\.(macvlan|ipvlan|vlan)\./.exec(name)?.[1] ?? 'veth';

/** Settings in which only this key is tried; an interface is there for what needs one. */
function trying(name: string, value: string): Settings {
  const settings = new Settings({ HERE: 'yes' });
  const apply = (key: string, text: string): void =>
    settings.apply({
      key,
      value: text,
      at: { file: '/etc/here/config', line: 7, key },
      directory: '/etc/here',
    });
  if (/^t?lxc\.net\.0\./.test(name)) apply('lxc.net.0.type', typeFor(name));
  apply(name, value);
  return settings;
}

for (const [name, { good, bad }] of Object.entries(rows)) {
  test(`${name} takes what it should and no more`, (t) => {
    for (const entry of good) {
      const [written, shown] = typeof entry === 'string' ? [entry, entry] : entry;
      const settings = trying(name, written);
      t.deepEqual(settings.problems, []);
      t.deepEqual(showConfigKey(settings, name), { kind: 'value', text: shown });
      t.true(fits({ [name]: written }), `the JSON Schema refuses ${name} = ${written}`);
    }
    for (const value of bad) {
      const { problems } = trying(name, value);
      t.is(problems.length, 1, `${name} = ${value} was taken`);
      t.true(String(problems[0]).startsWith(`/etc/here/config:7: ${name} = ${value}: `), String(problems[0]));
    }
  });

  test(`${name} is reset by an empty value`, (t) => {
    const [first = ''] = good;
    const settings = trying(name, typeof first === 'string' ? first : first[0]);
    const unset = showConfigKey(trying('lxc.net.0.type', typeFor(name)), name);
    settings.apply({ key: name, value: '', at: { file: 'f', line: 1 }, directory: '/' });
    if (name === 'lxc.autodev') t.is((showConfigKey(settings, name) as { text: string }).text, '0');
    else if (name === 'lxc.net.0.type') t.is(showConfigKey(settings, name).kind, 'invalid');
    else t.deepEqual(showConfigKey(settings, name), unset);
  });
}

test('every key of the registry is tried, says what it is for, and what it takes', (t) => {
  for (const { name, doc, syntax } of registry) {
    const concrete = name
      .replace('[i]', '0')
      .replace(/^(lxc\.cgroup2?)\.\*$/, '$1.devices.allow')
      .replace('share.*', 'share.net')
      .replace('prlimit.*', 'prlimit.nofile')
      .replace('credential.set.*', 'credential.set.passwd.hashed-password.root')
      .replace('credential.load.*', 'credential.load.tls.key')
      .replace('sysctl.*', 'sysctl.net.ipv4.ip_forward')
      .replace('proc.*', 'proc.oom_score_adj');
    const tried = name === 'lxc.include' || concrete in rows || name === 'lxc.cgroup2.*';
    t.true(tried, `${name} is in no row`);
    t.regex(doc, /^\S.+\.$/, name);
    t.not(syntax, '', name);
  }
  t.is(new Set(registry.map(({ name }) => name)).size, registry.length);
});

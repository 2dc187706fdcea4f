/** What LXC wrote must load as LXC reads it. Where LXC is installed, it is asked. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { loadSettings } from '../../src/config/load.ts';
import { showConfigKey } from '../../src/config/show.ts';
import { requires } from '../rig/requires.ts';
import { load, loadText, scratch } from './scratch.ts';

const withLxc = requires('lxc');
const SHARED = '/usr/share/lxc/config';

/** In the shape that LXC's busybox template gives a configuration: comments, quotes, a type before the path. */
const BUSYBOX_LIKE = `# For additional options see the manual page
#lxc.include = ${SHARED}/nesting.conf

lxc.net.0.type = veth
lxc.net.0.link = lxcbr0
lxc.net.0.flags = up
lxc.apparmor.profile = generated
lxc.apparmor.allow_nesting = 1
lxc.rootfs.path = dir:/store/c1/rootfs
lxc.signal.halt = SIGUSR1
lxc.uts.name = "c1"
lxc.autodev = 1
lxc.tty.max = 5
lxc.pty.max = 1
lxc.cap.drop = sys_module mac_admin
lxc.mount.auto = cgroup:mixed proc:mixed sys:ro
lxc.mount.entry = shm dev/shm tmpfs defaults,create=dir 0 0
lxc.mount.entry=none run tmpfs rw,nodev,mode=755
lxc.cgroup.devices.deny = a
lxc.cgroup.devices.allow = c 1:3 rwm
lxc.cgroup2.devices.allow = c 136:* rwm
`;

test("a configuration in the shape of LXC's loads", (t) => {
  const config = loadText(t, BUSYBOX_LIKE);
  t.deepEqual(config.warnings, []);
  t.is(config.utsName?.value, 'c1');
  t.is(config.rootfs.path?.value, 'dir:/store/c1/rootfs');
  t.is(config.signals.halt?.value, 10);
  t.deepEqual(config.mountEntries[1]?.value.options, ['rw', 'nodev', 'mode=755']);
});

test("LXC's way of making a container unprivileged clears what it should", (t) => {
  const directory = scratch(t, {
    config: `lxc.include = common\nlxc.include = userns\n`,
    common: `${BUSYBOX_LIKE}lxc.tty.dir = lxc\n`,
    userns:
      'lxc.cgroup.devices.deny =\nlxc.cgroup.devices.allow =\nlxc.cgroup2.devices.allow =\nlxc.cap.drop =\nlxc.cap.keep =\n' +
      'lxc.tty.dir =\nlxc.mount.auto = sys:rw\nlxc.include = userns.d/\n',
  });
  const config = load(join(directory, 'config'));
  t.like(config, { cgroup1: [], cgroup2: [], capDrop: [], capKeep: null, ttyDir: '' });
  t.deepEqual(
    config.autoMounts.map(({ value }) => 'mode' in value && `${value.what}:${value.mode}`),
    ['proc:mixed', 'sys:rw', 'cgroup:mixed'],
  );
});

withLxc("every file that LXC's containers include loads without a warning", (t) => {
  for (const name of readdirSync(SHARED).filter((file) => file.endsWith('.conf'))) {
    t.deepEqual(loadText(t, `lxc.include = ${SHARED}/${name}\n`).warnings, [], name);
  }
});

withLxc('keys are shown as lxc-info -c shows them', (t) => {
  const text = `${BUSYBOX_LIKE}lxc.net.0.ipv4.address = 10.0.3.5
lxc.net.0.ipv4.address = 10.0.3.6/24
lxc.net.1.type = empty
lxc.idmap = u 0 100000 65536
lxc.idmap = g 0 100000 65536
lxc.console.size = 10KB
lxc.init.cmd = /sbin/init --x "a b"
lxc.log.level = debug
lxc.environment = A="b c"
lxc.group = onboot x
lxc.hook.start = /bin/a b
lxc.arch = amd64
lxc.cgroup.dir = a
`;
  const store = scratch(t, { 'c1/config': text });
  mkdirSync(join(store, 'c1/rootfs'));
  const { settings } = loadSettings({
    name: 'c1',
    lxcpath: store,
    configFile: join(store, 'c1/config'),
    environment: {},
  });
  const keys =
    'lxc.arch lxc.uts.name lxc.rootfs.path lxc.idmap lxc.net lxc.net.0.type lxc.net.0.flags lxc.net.0.ipv4.address ' +
    'lxc.net.0.mtu lxc.net.7.type lxc.mount.auto lxc.mount.entry lxc.mount.fstab lxc.autodev lxc.tty.max lxc.tty.dir ' +
    'lxc.console.size lxc.console.rotate lxc.cap.drop lxc.cgroup lxc.cgroup.devices.allow lxc.cgroup2.memory.max lxc.cgroup.dir ' +
    'lxc.signal.halt lxc.signal.stop lxc.init.cmd lxc.init.uid lxc.environment lxc.log.level lxc.apparmor.allow_nesting ' +
    'lxc.start.order lxc.group lxc.hook lxc.hook.start lxc.hook.stop lxc.no_new_privs lxc.include lxc.bogus';
  for (const key of keys.split(' ')) {
    const shown = showConfigKey(settings, key);
    const ours =
      shown.kind === 'invalid'
        ? `${key} invalid\n`
        : `${key} =${shown.text === '' ? '' : ` ${shown.text}`}\n`;
    const command = `lxc-info -P "$0" -n c1 -c "$1" 2>&1`;
    t.is(ours, execFileSync('sh', ['-c', command, store, key], { encoding: 'utf8' }), key);
  }
});

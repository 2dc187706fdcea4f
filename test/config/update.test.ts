/** tlxc-update-config's rewriting, beside lxc-update-config's where that is installed. */
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { updateFile, updateText } from '../../src/config/update.ts';
import { requires } from '../rig/requires.ts';
import { load, scratch } from './scratch.ts';

/** What lxc-create of LXC 2 wrote for a Debian container. */
const DEBIAN = `# Template used to create this container: /usr/share/lxc/templates/lxc-debian
# Parameters passed to the template:

lxc.network.type = veth
lxc.network.link = lxcbr0
lxc.network.flags = up
lxc.network.hwaddr = 00:16:3e:8e:5a:cc
lxc.rootfs = /var/lib/lxc/c1/rootfs
lxc.rootfs.backend = dir

# Common configuration
lxc.tty = 4
lxc.utsname = c1
lxc.arch = amd64
`;

/** A whole one, nothing included, as they were written for LXC 1: aligned, with comments, two interfaces. */
const OLD = `lxc.utsname             = web
lxc.devttydir           = lxc
lxc.pts=1024
lxc.tty\t= 4
#lxc.console            = /var/log/lxc/web.console
lxc.rootfs = /srv/lxc/web/rootfs
lxc.mount               = /srv/lxc/web/fstab
lxc.cap.drop            = sys_module mac_admin
lxc.pivotdir            = lxc_putold
lxc.kmsg                = 0
lxc.aa_profile          = unconfined
lxc.aa_allow_incomplete = 1
lxc.seccomp             = /usr/share/lxc/config/common.seccomp
lxc.haltsignal          = SIGRTMIN+4
lxc.rebootsignal        = SIGINT
lxc.stopsignal          = SIGKILL
lxc.logfile             = /var/log/lxc/web.log
lxc.loglevel            = 1
lxc.init_cmd            = /sbin/init
lxc.init_uid            = 0
lxc.init_gid            = 0
lxc.id_map              = u 0 100000 65536
lxc.id_map              = g 0 100000 65536
lxc.cgroup.devices.deny = a
lxc.cgroup.devices.allow = c 136:* rwm

lxc.network.type        = veth
lxc.network.flags       = up
lxc.network.link        = br0
lxc.network.name        = eth0
lxc.network.mtu         = 1500
lxc.network.ipv4        = 10.0.3.5/24
lxc.network.ipv4.gateway = 10.0.3.1
lxc.network.veth.pair   = web0

lxc.network.type        = empty
lxc.start.auto          = 1
`;

test('every old name is rewritten, and every other byte stays', (t) => {
  const { text, changes, problems } = updateText(DEBIAN, 'config');
  t.is(
    text,
    DEBIAN.replaceAll('lxc.network.', 'lxc.net.0.')
      .replace('lxc.rootfs = /var', 'lxc.rootfs.path = dir:/var')
      .replace('lxc.rootfs.backend = dir\n', '')
      .replace('lxc.tty', 'lxc.tty.max')
      .replace('lxc.utsname', 'lxc.uts.name'),
  );
  t.is(changes, 8);
  t.deepEqual(problems, []);
  t.is(updateText(text, 'config').changes, 0);
});

test('quotes, carriage returns, indentation and comments are kept', (t) => {
  const updated = (text: string): string => updateText(text, 'f').text;
  t.is(updated(' lxc.rootfs="/a b"\r\n'), ' lxc.rootfs.path="dir:/a b"\r\n');
  t.is(
    updated('# lxc.tty = 4\n#lxc.network.type = veth\n# about lxc.tty = x\n'),
    '# lxc.tty.max = 4\n#lxc.network.type = veth\n# about lxc.tty = x\n',
  );
  t.is(updated('lxc.rootfs = /dev/vg/lv\nlxc.rootfs.backend = lvm'), 'lxc.rootfs.path = lvm:/dev/vg/lv');
  t.is(updated('lxc.limit.nofile = 5\n'), 'lxc.prlimit.nofile = 5\n');
});

test('a line that belongs to no interface is left, and told', (t) => {
  const { text, changes, problems } = updateText('lxc.network.link = br0\n', 'f');
  t.deepEqual([text, changes], ['lxc.network.link = br0\n', 0]);
  t.is(String(problems[0]), 'f:1: it is of no interface: lxc.network.type must be set before it');
});

test('a file is replaced whole, keeps its mode, and is kept as it was', (t) => {
  const directory = scratch(t, { config: DEBIAN, new: 'lxc.uts.name = a\n' });
  const file = join(directory, 'config');
  chmodSync(file, 0o640);
  t.is(updateFile(file).backup, `${file}.backup`);
  t.is(readFileSync(`${file}.backup`, 'utf8'), DEBIAN);
  t.is(readFileSync(file, 'utf8'), updateText(DEBIAN, '').text);
  t.deepEqual(
    [statSync(file), statSync(`${file}.backup`)].map(({ mode }) => mode & 0o777),
    [0o640, 0o640],
  );
  t.is(updateFile(join(directory, 'new')).backup, undefined);
  t.is(statSync(join(directory, 'new.backup'), { throwIfNoEntry: false }), undefined);
});

// Where they differ on purpose: lxc-update-config forgets lxc.limit.*, a lxc.rootfs with more than one blank before "=", and
// puts dir: before a device and before a type; it counts a network type in a comment, and rewrites words within comments.
requires('lxc')('lxc-update-config writes the same', (t) => {
  for (const text of [DEBIAN, OLD]) {
    const directory = scratch(t, { config: text });
    const file = join(directory, 'config');
    execFileSync('lxc-update-config', ['-c', file], { cwd: directory });
    t.is(updateText(text, 'config').text, readFileSync(file, 'utf8'));
  }
});

test('what was rewritten loads without a warning, as what it was', (t) => {
  const plain = OLD.replace(/^lxc\.(mount|seccomp|logfile).*\n/gm, '');
  const directory = scratch(t, { old: plain, new: updateText(plain, '').text });
  const [before, after] = ['old', 'new'].map((name) => load(join(directory, name)));
  t.deepEqual(after?.warnings, []);
  const bare = (value: unknown): string =>
    JSON.stringify(value, (key, part: unknown) =>
      ['at', 'inputs', 'configFile', 'warnings'].includes(key) ? undefined : part,
    );
  t.is(bare(before), bare(after));
});

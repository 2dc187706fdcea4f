import { join } from 'node:path';
import test from 'ava';
import { loadText, problemsOfText, load, scratch } from './scratch.ts';

const values = (list: readonly { readonly value: unknown }[]): readonly unknown[] =>
  list.map(({ value }) => value);

test('a name from before LXC 3 means what it means now, and is told with its line', (t) => {
  const directory = scratch(t, {
    config: '\nlxc.utsname = old\nlxc.tty = 3\nlxc.include = more\n',
    more: 'lxc.pts = 7\n',
  });
  const file = join(directory, 'config');
  const config = load(file, ['lxc.devttydir = lxc']);
  t.like(config, { ttyMax: 3, ptyMax: 7, ttyDir: 'lxc', utsName: { value: 'old', at: { file, line: 2 } } });
  t.deepEqual(config.warnings, [
    `${file}:2: lxc.utsname is a name from before LXC 3 and is now lxc.uts.name (tlxc-update-config -c ${file} rewrites such lines)`,
    `${file}:3: lxc.tty is a name from before LXC 3 and is now lxc.tty.max`,
    `${directory}/more:1: lxc.pts is a name from before LXC 3 and is now lxc.pty.max (tlxc-update-config -c ${directory}/more rewrites such lines)`,
    '-s: lxc.devttydir is a name from before LXC 3 and is now lxc.tty.dir',
  ]);
});

test('each lxc.network.type begins a new interface, also across files', (t) => {
  const directory = scratch(t, {
    config:
      'lxc.network.type = veth\nlxc.network.link = br0\nlxc.network.ipv4 = 10.0.3.5/24\nlxc.network.ipv4.gateway = auto\n' +
      'lxc.include = more\nlxc.network.name = lan\n',
    more: 'lxc.network.type = empty\n',
  });
  const [first, second] = load(join(directory, 'config')).networks;
  t.like(first, {
    index: 0,
    type: { value: 'veth' },
    link: { value: 'br0' },
    ipv4Gateway: { value: 'auto' },
  });
  t.like(first?.ipv4[0]?.value, { address: '10.0.3.5' });
  t.like(second, { index: 1, type: { value: 'empty' }, name: { value: 'lan' } });
  const mixed = loadText(t, 'lxc.net.4.type = veth\nlxc.network.type = veth\nlxc.network.2.type = empty\n');
  t.deepEqual(
    mixed.networks.map(({ index }) => index),
    [2, 4, 5],
  );
  t.deepEqual(
    loadText(t, 'lxc.network.type = veth\nlxc.network =\nlxc.network.type = empty\n').networks.length,
    1,
  );
});

test('what belongs to no interface is refused', (t) => {
  t.deepEqual(problemsOfText(t, 'lxc.network.link = br0\n'), [
    'config:1: lxc.network.link = br0: it is of no interface: lxc.network.type must be set before it',
  ]);
});

test('lxc.rootfs.backend is the type of the path, before it or after', (t) => {
  const path = (text: string): string | undefined => loadText(t, text).rootfs.path?.value;
  t.is(path('lxc.rootfs = /a\n'), 'dir:/a');
  t.is(path('lxc.rootfs = /a\nlxc.rootfs.backend = btrfs\n'), 'btrfs:/a');
  t.is(path('lxc.rootfs.backend = lvm\nlxc.rootfs = /dev/vg/lv\n'), 'lvm:/dev/vg/lv');
  t.is(path('lxc.rootfs = /dev/vg/lv\n'), '/dev/vg/lv');
  t.is(path('lxc.rootfs = overlayfs:/a:/b\nlxc.rootfs.backend = overlayfs\n'), 'overlayfs:/a:/b');
  t.is(path('lxc.rootfs.path = /a:/b\nlxc.rootfs.backend = overlayfs\n'), 'overlayfs:/a:/b');
  t.is(path('lxc.rootfs.path = /a\n'), '/a');
});

test('what means nothing any more is passed over and said', (t) => {
  const { warnings } = loadText(t, 'lxc.kmsg = 0\nlxc.pivotdir = put_old\n');
  t.is(warnings.length, 2);
  t.regex(
    warnings[1] ?? '',
    /:2: lxc\.pivotdir is a name from before LXC 3 that means nothing any more: the line is passed over$/,
  );
});

test('a bad value is told under the name as written, with a caret under it', (t) => {
  t.deepEqual(problemsOfText(t, 'lxc.pts = many\n'), [
    'config:1: lxc.pty.max = many: it must be a whole number from 0 to 1048576',
  ]);
});

test('lists of old names add up with those of new names', (t) => {
  const config = loadText(t, 'lxc.id_map = u 0 100000 10\nlxc.idmap = g 0 100000 10\n');
  t.is(values(config.idmap).length, 2);
});

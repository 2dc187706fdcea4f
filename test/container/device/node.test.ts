/** Device nodes of the host's that come into a running container and go away. */
import { addBusybox } from '../../rig/containers.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const tested = requires('root', 'userns', 'idmap', 'busybox');
const version1 = requires('root', 'userns', 'idmap', 'busybox', 'cgroup1');

/** Nothing but null, the terminals, and what is in /dev by itself. */
const LIST = [
  'lxc.cgroup2.devices.deny = a',
  ...['c 1:3 rwm', 'c 5:* rwm', 'c 136:* rwm', 'c *:* m'].map(
    (rule) => `lxc.cgroup2.devices.allow = ${rule}`,
  ),
];

/** A node of the host's as zero is one, for its owner and group alone. */
const ZERO = (world: World): string => `${world.dir}/zero0`;

async function withZero(world: World, privileged: boolean, config: readonly string[] = LIST): Promise<void> {
  await world.furnish(`mknod -m 0640 ${ZERO(world)} c 1 5`);
  addBusybox(world, 'c1', { privileged, config });
  await world.sh('tlxc-start -n c1');
}

const inside = (world: World, line: string): Promise<string> =>
  world.sh(`tlxc-attach -n c1 -- sh -c '${line}'`);
const READ = 'head -c 4 /dev/given | wc -c';

for (const privileged of [true, false]) {
  const kind = privileged ? 'privileged' : 'unprivileged';

  tested(`a node comes into a running ${kind} container, for its root to use, and goes`, async (t) => {
    const world = await makeWorld(t);
    await withZero(world, privileged);
    await world.sh(`tlxc-device -n c1 add ${ZERO(world)} /dev/given`);
    t.regex(await inside(world, 'ls -l /dev/given'), /^crw-r----- +1 root +root +1, +5 /);
    t.is((await inside(world, READ)).trim(), '4');
    await world.sh(`tlxc-device -n c1 del /dev/given`);
    t.is((await inside(world, 'ls /dev')).includes('given'), false);
    t.regex(await inside(world, 'cat /dev/zero 2>&1 | head -c 100 | strings || true'), /not permitted/);
  });

  tested(`in a ${kind} container: at its own path, in directories that are missing`, async (t) => {
    const world = await makeWorld(t);
    await withZero(world, privileged);
    await world.sh(`tlxc-device -n c1 add ${ZERO(world)} /dev/bus/usb/001`);
    t.regex(await inside(world, 'ls -l /dev/bus/usb/001'), /^c/);
    await world.sh(`tlxc-device -n c1 del ${ZERO(world)}`);
    t.is(await inside(world, 'ls /dev/bus/usb'), '');
  });
}

tested('what the configuration allows stays allowed when the node goes', async (t) => {
  const world = await makeWorld(t);
  await world.furnish(`mknod -m 0666 ${world.dir}/null0 c 1 3`);
  addBusybox(world, 'c1', { privileged: true, config: LIST });
  await world.sh('tlxc-start -n c1');
  await world.sh(`tlxc-device -n c1 add ${world.dir}/null0 /dev/n; tlxc-device -n c1 del /dev/n`);
  t.is(await inside(world, 'echo x >/dev/null && echo yes'), 'yes\n');
});

for (const privileged of [true, false])
  tested(
    `what a ${privileged ? 'privileged' : 'unprivileged'} container has already is left as it is`,
    async (t) => {
      const world = await makeWorld(t);
      await withZero(world, privileged);
      const before = await inside(world, 'ls -l /dev/null');
      await world.sh('tlxc-device -n c1 add /dev/null');
      t.is(await inside(world, 'ls -l /dev/null'), before);
      await world.sh(`for again in 1 2; do tlxc-device -n c1 add ${ZERO(world)} /dev/given; done`);
      t.is((await inside(world, READ)).trim(), '4');
      await world.sh('tlxc-device -n c1 del /dev/given');
      t.is((await inside(world, 'ls /dev')).includes('given'), false);
      t.regex(await inside(world, 'head -c 4 /dev/zero 2>&1 || true'), /not permitted/);
    },
  );

tested('a device with two paths goes with the last', async (t) => {
  const world = await makeWorld(t);
  await withZero(world, true);
  await world.sh(
    `for n in a b; do tlxc-device -n c1 add ${ZERO(world)} /dev/$n; done; tlxc-device -n c1 del /dev/a`,
  );
  t.is((await inside(world, 'head -c 4 /dev/b | wc -c')).trim(), '4');
  await world.sh('tlxc-device -n c1 del /dev/b');
  t.regex(await inside(world, 'cat /dev/zero 2>&1 | head -c 100 | strings || true'), /not permitted/);
});

tested('a node of the configuration is taken away, and may come again', async (t) => {
  const world = await makeWorld(t);
  await withZero(world, true, []);
  await world.sh('tlxc-device -n c1 del /dev/zero');
  t.regex(await inside(world, 'mknod /dev/again c 1 5 2>&1 || true'), /not permitted/);
  await world.sh('tlxc-device -n c1 add /dev/zero');
  t.is((await inside(world, 'head -c 4 /dev/zero | wc -c')).trim(), '4');
});

version1('a group that lies deeper and has the same list gets the device, too', async (t) => {
  const world = await makeWorld(t);
  await withZero(world, true, LIST);
  const places = await world.sh('cat /proc/$(tlxc-info -n c1 -pH)/cgroup');
  const place = /:devices:(.*)/.exec(places)?.[1] ?? '';
  t.regex(place, /^\/./);
  const groups = `/sys/fs/cgroup/devices${place}`;
  await world.sh(`mkdir -p ${groups}/same ${groups}/own; echo "c 1:3 w" >${groups}/own/devices.deny`);
  await world.sh(`tlxc-device -n c1 add ${ZERO(world)} /dev/given`);
  t.regex(await world.sh(`cat ${groups}/same/devices.list`), /c 1:5 rwm/);
  t.notRegex(await world.sh(`cat ${groups}/own/devices.list`), /c 1:5 rwm/);
});

const REFUSALS: readonly (readonly [string, string, RegExp])[] = [
  ['no such file', 'add /dev/nowhere', /c1: the host has no \/dev\/nowhere\n {2}hint: /],
  ['no device', 'add /etc/passwd', /c1: \/etc\/passwd is no device\n {2}hint: .*lxc\.mount\.entry/],
  ['a directory', 'add /dev', /c1: \/dev is no device/],
  ['a place that climbs', 'add /dev/zero /dev/../../etc/z', /no place for a node/],
  ['a place without a slash', 'add /dev/zero zero', /no place for a node/],
  [
    'another node that is there',
    'add /dev/zero /dev/null',
    /c1: the container has \/dev\/null already, and it is not this device\n {2}hint: /,
  ],
  ['a link to the device', 'add /dev/zero /same', /c1: the container has \/same already, and it is not/],
  [
    'a link on the way',
    'add /dev/zero /link/zero',
    /c1: a symbolic link is on the way to \/link\/zero .*none is followed/,
  ],
  [
    'a filesystem without devices',
    'add /dev/zero /proc/zero',
    /c1: .*\/proc\/zero.*(nodev|not permitted|no such file)/,
  ],
  ['another file', 'del /dev/zero /etc/file', /c1: \/etc\/file in the container is not this device any more/],
];

tested('each refusal says why, and leaves the list as it was', async (t) => {
  const world = await makeWorld(t);
  await withZero(world, true);
  await inside(world, 'ln -s /dev /link; ln -s /dev/zero /same; echo >/etc/file');
  for (const [what, words, said] of REFUSALS) {
    const { code, stderr } = await world.run('tlxc-device', '-n', 'c1', ...words.split(' '));
    t.is(code, 1, what);
    t.regex(stderr, said, what);
  }
  t.regex(
    await inside(world, 'mknod /d c 1 5; cat /d 2>&1 | head -c 100 | strings || true'),
    /not permitted/,
  );
});

tested('a node that the container has moved away works no more once the device is taken back', async (t) => {
  const world = await makeWorld(t);
  await withZero(world, true);
  await world.sh(`tlxc-device -n c1 add ${ZERO(world)} /dev/given`);
  await inside(world, 'mv /dev/given /dev/mine; echo >/dev/given; head -c 4 /dev/mine >/dev/null');
  const { code, stderr } = await world.run('tlxc-device', '-n', 'c1', 'del', '/dev/given');
  t.is(code, 1);
  t.regex(stderr, /is not this device/);
  t.regex(await inside(world, 'head -c 4 /dev/mine 2>&1 || true'), /not permitted/);
});

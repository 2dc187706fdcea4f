/** Devices that a running container is given by the word of their class. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox } from '../../rig/containers.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const tested = requires('root', 'userns', 'idmap', 'busybox', 'tun', 'veth');

const LIST = [
  'lxc.cgroup2.devices.deny = a',
  ...['c 1:3 rwm', 'c 5:* rwm', 'c 136:* rwm', 'c *:* m'].map(
    (rule) => `lxc.cgroup2.devices.allow = ${rule}`,
  ),
];
const inside = (world: World, line: string): Promise<string> =>
  world.sh(`tlxc-attach -n c1 -- sh -c '${line}'`);
const config = (world: World): string => readFileSync(join(world.lxcpath, 'c1/config'), 'utf8');

for (const privileged of [true, false])
  tested(
    `tun comes into a running ${privileged ? '' : 'un'}privileged container, stays by a line, and goes`,
    async (t) => {
      const world = await makeWorld(t);
      addBusybox(world, 'c1', { privileged, config: LIST });
      await world.sh('tlxc-start -n c1; tlxc-device -n c1 add tun');
      t.regex(await inside(world, 'ls -l /dev/net/tun'), /^crw.* 10, +200 /);
      t.regex(await inside(world, ': <>/dev/net/tun && echo opened'), /opened/);
      t.false(config(world).includes('tlxc.device'), 'not without --saved');
      await world.sh('tlxc-device -n c1 --saved add tun; tlxc-stop -k -n c1; tlxc-start -n c1');
      t.is(config(world).match(/^tlxc\.device = tun optional$/gm)?.length, 1);
      t.regex(await inside(world, ': <>/dev/net/tun && echo opened'), /opened/);
      await world.sh('tlxc-device -n c1 --saved del tun');
      t.is(await inside(world, 'ls /dev/net'), '');
      t.regex(
        await inside(world, '{ mknod /dev/t c 10 200 && (: <>/dev/t); } 2>&1 || true'),
        /not permitted/,
      );
      t.false(config(world).includes('tlxc.device'));
    },
  );

tested('what cannot be is said, and an interface of that name goes before', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1', { privileged: true, config: LIST });
  const stopped = await world.run('tlxc-device', '-n', 'c1', 'add', 'tun');
  t.regex(stopped.stderr, /not running/i);
  await world.sh('tlxc-device -n c1 --saved add video');
  t.regex(config(world), /^tlxc\.device = video optional$/m, 'what the host may have by then');
  await world.sh('tlxc-start -n c1');
  const placed = await world.run('tlxc-device', '-n', 'c1', 'add', 'tun', '/dev/other');
  t.regex(placed.stderr, /a class has no place: tun stands where the host has it/);
  await world.sh('ip link add tun type veth peer name peer && tlxc-device -n c1 add tun');
  t.regex(await inside(world, 'cat /proc/net/dev'), /^ *tun:/m);
  await world.sh('tlxc-device -n c1 del tun; ip link del tun');
  t.notRegex(await inside(world, 'cat /proc/net/dev; ls /dev/net 2>/dev/null || true'), /tun/);
});

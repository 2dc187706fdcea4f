/** Devices that are there again at the next start, because the configuration was given their lines. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { networked } from '../../effects/networks.ts';
import { addBusybox } from '../../rig/containers.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const tested = requires(...networked);

const LIST = [
  'lxc.cgroup2.devices.deny = a',
  ...['c *:* m', 'c 1:3 rwm', 'c 5:* rwm', 'c 136:* rwm'].map(
    (rule) => `lxc.cgroup2.devices.allow = ${rule}`,
  ),
];

const configFile = (world: World): string => join(world.lxcpath, 'c1/config');
const config = (world: World): string => readFileSync(configFile(world), 'utf8');

/** As a person keeps it; the last line has no end. */
function handwrite(world: World): string {
  const text = `# mine\r\n${config(world)}\n\n  # the end`;
  writeFileSync(configFile(world), text);
  return text;
}

const READ = `tlxc-attach -n c1 -- sh -c 'head -c 4 /dev/given | wc -c'`;
const RESTART = 'tlxc-stop -k -n c1; tlxc-start -n c1';

for (const privileged of [true, false])
  tested(
    `a saved node is in ${privileged ? 'a privileged' : 'an unprivileged'} container after its next start`,
    async (t) => {
      const world = await makeWorld(t);
      const zero = join(world.dir, 'zero0');
      await world.furnish(`mknod -m 0666 ${zero} c 1 5`);
      addBusybox(world, 'c1', { privileged, config: LIST });
      const before = handwrite(world);
      await world.sh('tlxc-start -n c1');
      const { stderr, code } = await world.run(
        'tlxc-device',
        '-n',
        'c1',
        'add',
        '--saved',
        zero,
        '/dev/given',
      );
      t.deepEqual([code, stderr], [0, '']);
      t.is((await world.sh(READ)).trim(), '4');
      t.true(config(world).startsWith('# mine\r\n'));
      t.true(config(world).includes(`tlxc.device = ${zero} -> /dev/given optional\n`));
      await world.sh(RESTART);
      t.is((await world.sh(READ)).trim(), '4');
      await world.sh('tlxc-device -n c1 del --saved /dev/given');
      t.is((await world.sh('tlxc-attach -n c1 -- ls /dev')).includes('given'), false);
      t.is(config(world), `${before}\n`);
      await world.sh(RESTART);
      t.is((await world.sh('tlxc-attach -n c1 -- ls /dev')).includes('given'), false);
    },
  );

tested('a saved interface is lent at the next start, under the next number', async (t) => {
  const world = await makeWorld(t);
  await world.furnish('ip link add nic0 type veth peer name far0');
  addBusybox(world, 'c1');
  const before = config(world);
  await world.sh('tlxc-start -n c1; tlxc-device -n c1 add --saved nic0 lan0');
  t.is(config(world), `${before}lxc.net.1.type = phys\nlxc.net.1.link = nic0\nlxc.net.1.name = lan0\n`);
  await world.sh(RESTART);
  t.is(await world.sh('tlxc-attach -n c1 -- ls /sys/class/net'), 'lan0\nlo\n');
  await world.sh('tlxc-device -n c1 del --saved lan0');
  t.is(config(world), before);
  t.regex(await world.sh('ip link show nic0'), /nic0/);
});

tested('of a stopped container the configuration alone is changed', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1', { config: LIST });
  const before = config(world);
  await world.sh('tlxc-device -n c1 add --saved /dev/zero; tlxc-device -n c1 add --saved eth5');
  const after = config(world);
  for (const line of ['tlxc.device = /dev/zero optional', 'lxc.net.1.link = eth5'])
    t.true(after.includes(`${line}\n`), line);
  await world.sh('tlxc-device -n c1 del --saved /dev/zero; tlxc-device -n c1 del --saved eth5');
  t.is(config(world), before);
  const again = await world.run('tlxc-device', '-n', 'c1', 'del', '--saved', 'eth5');
  t.is(again.code, 1);
  t.regex(again.stderr, /c1: nothing to change in .*config.*\n {2}hint: /);
});

tested('with --rcfile another file is changed, which must be a good one', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  const before = config(world);
  await world.sh(
    `cp ${configFile(world)} other.conf; tlxc-device -n c1 --rcfile other.conf --saved add eth5`,
  );
  t.is(config(world), before);
  t.regex(await world.sh('cat other.conf'), /lxc\.net\.1\.link = eth5\n$/);
  await world.sh('echo lxc.nonsense = 1 >>other.conf');
  const { code, stderr } = await world.run(
    'tlxc-device',
    '-n',
    'c1',
    '--rcfile',
    'other.conf',
    'add',
    'eth5',
  );
  t.is(code, 1);
  t.regex(stderr, /other\.conf:\d+/);
});

tested('a saved node is after the next start what it was while it ran', async (t) => {
  const world = await makeWorld(t);
  const zero = join(world.dir, 'zero0');
  await world.furnish(`mknod -m 0640 ${zero} c 1 5`);
  addBusybox(world, 'c1');
  await world.sh(`tlxc-start -n c1; tlxc-device -n c1 add --saved ${zero} /dev/given`);
  const seen = `tlxc-attach -n c1 -- stat -c '%a %u %g' /dev/given; ${READ}`;
  t.is(await world.sh(seen), '640 0 0\n4\n');
  await world.sh(RESTART);
  t.is(await world.sh(seen), '640 0 0\n4\n');
});

tested('what an earlier version saved, or a person wrote as for LXC, is removed alike', async (t) => {
  const world = await makeWorld(t);
  const lines = ['lxc.mount.entry = /dev/zero dev/given none bind,create=file,optional 0 0'];
  addBusybox(world, 'c1', { config: [...LIST, 'lxc.cgroup2.devices.allow = c 1:5 rwm', ...lines] });
  await world.sh('tlxc-device -n c1 del --saved /dev/given');
  t.notRegex(config(world), /given|1:5/);
});

tested('a name that no line can hold is refused', async (t) => {
  const world = await makeWorld(t);
  await world.furnish(`mknod '${world.dir}/a zero' c 1 5`);
  addBusybox(world, 'c1');
  const before = config(world);
  const { code, stderr } = await world.run(
    'tlxc-device',
    '-n',
    'c1',
    'add',
    '--saved',
    `${world.dir}/a zero`,
  );
  t.is(code, 1);
  t.regex(stderr, /a zero cannot be saved: .*no blanks.*\n {2}hint: /);
  t.is(config(world), before);
});

tested('a broken configuration, or none, is told before anything is done', async (t) => {
  const world = await makeWorld(t);
  await world.furnish('ip link add nic0 type veth peer name far0');
  addBusybox(world, 'c1');
  await world.sh(`tlxc-start -n c1; echo 'lxc.nonsense = 1' >>${configFile(world)}`);
  t.is((await world.run('tlxc-device', '-n', 'c1', 'add', '--saved', 'nic0')).code, 1);
  t.regex(await world.sh('ip link show nic0'), /nic0/);
  await world.sh(`sed -i /nonsense/d ${configFile(world)}`);
  const none = await world.run('tlxc-device', '-n', 'c2', 'add', '--saved', 'nic0');
  t.regex(none.stderr, /c2: there is no .*config to save a device in/);
});

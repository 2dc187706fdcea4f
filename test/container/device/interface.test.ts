/** Interfaces of the host's that come into a running container and go back. */
import { networked } from '../../effects/networks.ts';
import { addBusybox } from '../../rig/containers.ts';
import { eventually } from '../../rig/eventually.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const tested = requires(...networked);

/** eth7, as an administrator may have left it. */
const ETH7 = `
ip link add eth7 type veth peer name far7
ip link set eth7 mtu 1350 address 02:00:00:00:00:77
ip link property add dev eth7 altname onboard7
ip addr add 10.6.0.1/24 brd 10.6.0.255 dev eth7; ip addr add fd06::1/64 dev eth7 nodad
ip link set eth7 up; ip link set far7 up`;

const inside = (world: World, line: string): Promise<string> =>
  world.sh(`tlxc-attach -n c1 -- sh -c '${line}'`);

/** What is known of an interface, but for the number it has. */
async function portrait(world: World, name: string): Promise<string> {
  const link = await world.sh(`ip -o link show ${name}`);
  const addresses = await world.sh(`ip -o addr show dev ${name} scope global`);
  return (link + addresses)
    .replace(/^\d+: /gm, '')
    .replace(/ state \w+/, '')
    .replace(/@if?\w+/g, '');
}

/** eth7 in a world where c1 runs; what eth7 looks like. */
async function withEth7(world: World, config: readonly string[] = []): Promise<string> {
  await world.furnish(ETH7);
  addBusybox(world, 'c1', { config });
  await world.sh('tlxc-start -n c1');
  return portrait(world, 'eth7');
}

const come = (world: World): Promise<unknown> =>
  eventually(30, async () => ((await world.run('ip', 'link', 'show', 'eth7')).code === 0 ? true : undefined));

tested('an interface comes into a running container, and back as it was', async (t) => {
  const world = await makeWorld(t);
  const before = await withEth7(world);
  await world.sh('tlxc-device -n c1 add eth7 wan0');
  t.is((await world.run('ip', 'link', 'show', 'eth7')).code, 1);
  t.regex(await inside(world, 'ip -o link show wan0'), /mtu 1350.*02:00:00:00:00:77/);
  t.notRegex(await inside(world, 'ip addr show wan0'), /inet /);
  await inside(
    world,
    'ip link set wan0 name mine mtu 1280; ip addr add 10.9.9.9/24 dev mine; ip link set mine up',
  );
  await world.sh('tlxc-device -n c1 del mine');
  t.is(await portrait(world, 'eth7'), before);
  t.is(await inside(world, 'ls /sys/class/net'), 'lo\n');
});

tested('it keeps its name where none is given, and is found by it', async (t) => {
  const world = await makeWorld(t);
  await withEth7(world);
  await world.sh('tlxc-device c1 a eth7');
  t.is(await inside(world, 'ls /sys/class/net'), 'eth7\nlo\n');
  await inside(world, 'ip link set eth7 name other');
  await world.sh('tlxc-device c1 d eth7 eth8');
  t.regex(await portrait(world, 'eth8'), /mtu 1350/);
  await world.sh('ip link set eth8 down; ip link set eth8 name eth7');
});

tested('a stop brings it back', async (t) => {
  const world = await makeWorld(t);
  const before = await withEth7(world);
  await world.sh('tlxc-device -n c1 add eth7; tlxc-stop -k -n c1');
  await come(world);
  t.is(await portrait(world, 'eth7'), before);
});

tested('what the configuration lent is taken back as well, and lent again', async (t) => {
  const world = await makeWorld(t);
  const lines = ['lxc.net.0.type = phys', 'lxc.net.0.link = eth7', 'lxc.net.0.name = wan0'];
  await world.furnish(ETH7);
  const before = await portrait(world, 'eth7');
  addBusybox(world, 'c1', { config: lines });
  await world.sh('tlxc-start -n c1; tlxc-device -n c1 del wan0');
  t.is(await portrait(world, 'eth7'), before);
  await world.sh('tlxc-device -n c1 add eth7 lan0; tlxc-stop -k -n c1');
  await come(world);
  t.is(await portrait(world, 'eth7'), before);
});

tested('an interface that the container made comes to the host', async (t) => {
  const world = await makeWorld(t);
  await withEth7(world);
  await inside(world, 'ip link add made0 type veth peer name made1');
  await world.sh('tlxc-device -n c1 del made0 got0');
  t.regex(await world.sh('ip -o link show got0'), /got0/);
  await world.sh('ip link del got0');
});

const REFUSALS: readonly (readonly [string, string, RegExp])[] = [
  [
    'a name that is taken inside',
    'add eth7 lo',
    /c1: the container has an interface named lo already\n {2}hint: /,
  ],
  [
    'one that is taken on the host',
    'del made0 eth7',
    /c1: the host has an interface named eth7 already\n {2}hint: /,
  ],
  [
    'an interface that is not there',
    'add eth9',
    /c1: the host has no network interface named eth9\n {2}hint: .*\/dev/,
  ],
  ['one that is not inside', 'del eth9', /c1: the container has no network interface named eth9\n/],
  ['a bad name', 'add eth7 a/b', /'a\/b' is no name of an interface/],
  ['another word', 'move eth7', /'move' is none of add, del and list/],
  ['no device', 'add', /what to add is missing/],
  ['too many words', 'add a b c', /one argument too many: 'c'/],
];

tested('each refusal says why, and changes nothing', async (t) => {
  const world = await makeWorld(t);
  const before = await withEth7(world);
  await inside(world, 'ip link add made0 type veth peer name made1');
  for (const [what, words, said] of REFUSALS) {
    const { code, stderr } = await world.run('tlxc-device', '-n', 'c1', ...words.split(' '));
    t.is(code, 1, what);
    t.regex(stderr, said, what);
  }
  t.is(await portrait(world, 'eth7'), before);
  await world.sh('tlxc-stop -k -n c1');
  const stopped = await world.run('tlxc-device', '-n', 'c1', 'add', 'eth7');
  t.is(stopped.code, 1);
  t.regex(stopped.stderr, /c1 is not running\n {2}hint: /);
});

tested('a container on the network of the host is given nothing', async (t) => {
  const world = await makeWorld(t);
  await withEth7(world, ['lxc.net.0.type = none']);
  const { code, stderr } = await world.run('tlxc-device', '-n', 'c1', 'add', 'eth7');
  t.is(code, 1);
  t.regex(stderr, /network is the host's/);
});

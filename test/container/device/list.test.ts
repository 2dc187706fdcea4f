/** tlxc-device list: what is there, and what the next start brings. */
import { networked } from '../../effects/networks.ts';
import { addBusybox } from '../../rig/containers.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const tested = requires(...networked);

const listOf = async (world: World): Promise<readonly string[]> => {
  const { code, stdout, stderr } = await world.run('tlxc-device', '-n', 'c1', 'list');
  if (code !== 0) throw new Error(stderr);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/).join(', '));
};

const sorted = (lines: readonly string[]): string[] => [...lines].sort();

tested('what is given, lent, forwarded and saved is listed, with the container running or not', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1', {
    privileged: true,
    config: [
      ...['lxc.net.0.type = empty', 'tlxc.net.0.forward = udp 7000-7001 -> 53-54'],
      ...['tlxc.device = /dev/zero -> /dev/saved', 'tlxc.device = fuse optional'],
      'lxc.mount.entry = /dev/full dev/full none bind,create=file 0 0',
    ],
  });
  const saved = [
    'KIND, HOST, INSIDE, NOW, SAVED',
    'node, /dev/zero, /dev/saved, no, yes',
    'class, fuse, -, no, yes',
    'node, /dev/full, /dev/full, no, yes',
    'proxy, udp 7000, 53, no, yes',
    'proxy, udp 7001, 54, no, yes',
  ];
  t.deepEqual(await listOf(world), saved);
  await world.sh(`tlxc-start -n c1; ip link add lent type veth peer name lentp; ip link add kept type veth peer name keptp
    tlxc-device -n c1 add lent wan0; tlxc-device -n c1 add --saved kept
    tlxc-device -n c1 add /dev/null /dev/given; tlxc-device -n c1 add --saved /dev/random
    tlxc-device -n c1 add proxy 'tcp 8080 -> 80'`);
  const running = await listOf(world);
  t.deepEqual(
    sorted(running),
    sorted([
      ...saved.map((line) =>
        line.replace(/, no, yes$/, line.startsWith('proxy') ? ', yes, yes' : ', at start, yes'),
      ),
      'node, /dev/null, /dev/given, yes, no',
      'node, /dev/random, /dev/random, yes, yes',
      'interface, lent, wan0, yes, no',
      'interface, kept, kept, yes, yes',
      'proxy, tcp 8080, 80, yes, no',
    ]),
  );
  t.is(running.length, 11, 'each once');
  const json = JSON.parse(await world.sh('tlxc-device -n c1 l --json')) as readonly unknown[];
  t.deepEqual(json[0], { kind: 'node', host: '/dev/null', inside: '/dev/given', now: true, saved: false });
  await world.sh('tlxc-device -n c1 del wan0; tlxc-stop -k -n c1; ip link del lent; ip link del kept');
  t.deepEqual(
    sorted(await listOf(world)),
    sorted([...saved, 'node, /dev/random, /dev/random, no, yes', 'interface, kept, kept, no, yes']),
  );
});

tested('words that list does not take are told', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  t.deepEqual(await listOf(world), ['KIND, HOST, INSIDE, NOW, SAVED']);
  t.regex((await world.run('tlxc-device', '-n', 'c1', 'list', 'gpu')).stderr, /gpu/);
  t.regex((await world.run('tlxc-device', '-n', 'c1', '--saved', 'list')).stderr, /takes neither --saved/);
  t.regex((await world.run('tlxc-device', '-n', 'c1', '--json', 'add', 'gpu')).stderr, /--json is for list/);
  t.regex((await world.run('tlxc-device', '-n', 'no', 'list')).stderr, /no/);
});

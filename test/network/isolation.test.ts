import { addBusybox } from '../rig/containers.ts';
import { eventually } from '../rig/eventually.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';
import { addNeighbour, bridged, inside, on, startNeighbour } from './neighbours.ts';

const rooted = requires(...bridged);
const testing = requires('root', 'userns', 'idmap', 'busybox', 'veth', 'bridge');

/** Another bridge of the host's, which routes between them; c3 is on it. */
async function addStranger(world: World): Promise<void> {
  await world.furnish(
    'ip link add br1 type bridge; ip addr add 10.5.0.1/24 dev br1; ip addr add fd05::1/64 dev br1 nodad; ip link set br1 up',
  );
  const addresses = [
    'ipv4.address = 10.5.0.3/24',
    'ipv4.gateway = 10.5.0.1',
    'ipv6.address = fd05::3/64',
    'ipv6.gateway = fd05::1',
  ];
  addBusybox(world, 'c3', { config: on('br1', ...addresses.map((line) => `lxc.net.0.${line}`)) });
  await world.sh('tlxc-start -n c3');
}

const reaches = async (world: World, name: string, address: string): Promise<boolean> => {
  const line = `ping -c 1 -W 1 ${address} > /dev/null && echo yes || echo no`;
  return (await inside(world, name, line)) === 'yes';
};

rooted('who is on another bridge reaches no container, unless there is no address translation', async (t) => {
  const world = await makeWorld(t, { settings: ['tlxc.bridge.ipv6 = fd44::1/64'] });
  addNeighbour(world, 'u1', ['lxc.net.0.ipv6.address = fd44::11/64', 'lxc.net.0.ipv6.gateway = fd44::1']);
  const address = await startNeighbour(world, 'u1');
  await addStranger(world);
  for (const gateway of ['10.5.0.1', 'fd05::1'])
    t.true(await eventually(30, async () => (await reaches(world, 'c3', gateway)) || undefined), gateway);
  t.true(await eventually(30, async () => (await reaches(world, 'u1', 'fd44::1')) || undefined));
  t.false(await reaches(world, 'c3', address));
  t.false(await reaches(world, 'c3', 'fd44::11'));
  t.true(await reaches(world, 'u1', '10.5.0.3'), 'the way out is open');
  await world.sh('echo "tlxc.bridge.nat = 0" >> $TLXC_CONF; tlxc-net start');
  t.true(await reaches(world, 'c3', address));
  t.true(await reaches(world, 'c3', 'fd44::11'));
  await world.sh('tlxc-stop -k -n c3; tlxc-stop -k -n u1; tlxc-net stop');
});

const within = 'mkdir -p /run/netns; mount -t tmpfs tmpfs /run/netns';

/** The exercise of every course: namespaces a and b, joined by a switch; 10.7.0.1 and 10.7.0.2, fd07::1 and fd07::2. */
const laboratory = `${within}
ip link add switch0 type bridge; ip link set switch0 up
number=0
for name in a b; do
  number=$((number + 1))
  ip netns add $name
  ip link add port-$name type veth peer name eth0 netns $name
  ip link set port-$name master switch0 up
  ip -n $name addr add 10.7.0.$number/24 dev eth0
  ip -n $name addr add fd07::$number/64 dev eth0 nodad
  ip -n $name link set eth0 up
  ip -n $name link set lo up
done`;

testing('containers in named network namespaces that a switch joins reach each other', async (t) => {
  const world = await makeWorld(t);
  await world.furnish(laboratory);
  addBusybox(world, 'c1', { privileged: true, config: ['lxc.namespace.share.net = /run/netns/a'] });
  addBusybox(world, 'c2', { privileged: true });
  await world.sh('tlxc-start -n c1; tlxc-start -n c2 --share-net /run/netns/b');
  for (const [name, other] of [
    ['c1', '10.7.0.2'],
    ['c1', 'fd07::2'],
    ['c2', '10.7.0.1'],
    ['c2', 'fd07::1'],
  ] as const)
    t.regex(
      await inside(
        world,
        name,
        `for i in 1 2 3 4 5; do ping -c 1 -W 1 ${other} && exit; sleep 1; done; exit 1`,
      ),
      / 0% packet loss/,
    );
  await world.sh('tlxc-stop -k -n c1; tlxc-stop -k -n c2');
  t.is(await world.sh('ip netns list | cut -d" " -f1 | sort | xargs'), 'a b\n', 'the namespaces stay');
});

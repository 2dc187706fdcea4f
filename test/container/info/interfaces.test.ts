/** What tlxc-info --json tells of a container's interfaces. */
import { addBusybox } from '../../rig/containers.ts';
import { makeBridge, net, networked } from '../../effects/networks.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';
import type { InterfaceReport } from '../../../src/container/info/interfaces.ts';

const tested = requires(...networked);

async function reports(world: World, name: string): Promise<readonly InterfaceReport[]> {
  const told = JSON.parse(await world.sh(`tlxc-info -n ${name} --json`)) as {
    interfaces: readonly InterfaceReport[];
  };
  return told.interfaces;
}

const LINES = [
  ...net('veth', 'link = br0', 'veth.pair = c1host', 'hwaddr = 02:00:00:00:00:11', 'mtu = 1400'),
  ...['ipv4.address = 10.5.0.11/24', 'ipv6.address = fd05::11/64'].map((line) => `lxc.net.0.${line}`),
];

tested('an interface is told with both its sides, its addresses and its counters', async (t) => {
  const world = await makeWorld(t);
  await makeBridge(world);
  addBusybox(world, 'c1', { config: LINES });
  await world.sh('tlxc-start -n c1; tlxc-attach -n c1 -- ping -c 3 -i 0.2 10.5.0.1');
  const [lo, eth0, ...more] = await reports(world, 'c1');
  t.deepEqual(more, []);
  t.like(lo, { name: 'lo', type: null, mac: null, state: 'unknown', host: null });
  t.like(eth0, {
    ...{ name: 'eth0', type: 'veth', mac: '02:00:00:00:00:11', mtu: 1400, up: true, state: 'up' },
    host: { name: 'c1host', bridge: 'br0' },
  });
  const address = (family: string, scope: string) =>
    eth0?.addresses.find((each) => each.family === family && each.scope === scope);
  t.like(address('inet', 'global'), { address: '10.5.0.11', prefix: 24 });
  t.like(address('inet6', 'global'), { address: 'fd05::11', prefix: 64 });
  t.like(address('inet6', 'link'), { prefix: 64 });
  const { counters } = eth0 ?? t.fail();
  t.true(counters.rxPackets >= 3 && counters.txPackets >= 3);
  t.true(counters.txBytes >= 3 * 98 && counters.rxBytes >= 3 * 98);
  t.deepEqual([counters.rxErrors, counters.txErrors, counters.txDropped], [0, 0, 0]);
});

tested('it is known by another name, too; one that the container made has no other side', async (t) => {
  const world = await makeWorld(t);
  await makeBridge(world);
  addBusybox(world, 'c1', { config: LINES });
  await world.sh('tlxc-start -n c1');
  const rename =
    'ip link set eth0 down; ip link set eth0 name wan; ip link add made type veth peer name other';
  await world.sh(`tlxc-attach -n c1 -- sh -c '${rename}'`);
  const all = await reports(world, 'c1');
  t.like(
    all.find(({ name }) => name === 'wan'),
    { type: 'veth', up: false, state: 'down', host: { name: 'c1host', bridge: 'br0' } },
  );
  t.like(
    all.find(({ name }) => name === 'made'),
    { type: null, host: null },
  );
  t.regex(await world.sh('tlxc-info -n c1 -S'), /Link: +c1host/);
});

tested('one that was lent says what the host calls it; a stopped container has none', async (t) => {
  const world = await makeWorld(t);
  await world.furnish('ip link add nic0 type veth peer name far0');
  addBusybox(world, 'c1');
  await world.sh('tlxc-start -n c1; tlxc-device -n c1 add nic0 lan0');
  const all = await reports(world, 'c1');
  t.like(
    all.find(({ name }) => name === 'lan0'),
    { type: 'phys', host: { name: 'nic0', bridge: null } },
  );
  await world.sh('tlxc-device -n c1 del lan0; tlxc-stop -k -n c1');
  t.deepEqual(await reports(world, 'c1'), []);
});

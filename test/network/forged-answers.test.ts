/** The root of an unprivileged container may send to any netlink socket of its network: nobody is misled by that. */
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeBridge, net, networked } from '../effects/networks.ts';
import { addBusybox } from '../rig/containers.ts';
import { eventually } from '../rig/eventually.ts';
import { rigLibrary, rigProgram } from '../rig/programs.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';
import type { InterfaceReport } from '../../src/container/info/interfaces.ts';

const tested = requires(...networked);

const LINES = [
  ...net('veth', 'link = br0', 'veth.pair = c1host', 'hwaddr = 02:00:00:00:00:11'),
  ...['ipv4.address = 10.5.0.11/24', 'ipv6.address = fd05::11/64'].map((line) => `lxc.net.0.${line}`),
];

/** What does not change by itself. */
async function reports(world: World, preload: string): Promise<unknown> {
  const text = await world.sh(`LD_PRELOAD=${preload} tlxc-info -n c1 --json`);
  const { interfaces } = JSON.parse(text) as { interfaces: readonly InterfaceReport[] };
  return interfaces.map(({ name, type, mac, mtu, up, host }) => ({ name, type, mac, mtu, up, host }));
}

const addresses = (world: World, preload: string): Promise<string> =>
  world.sh(`LD_PRELOAD=${preload} tlxc-ls -f -F NAME,INTERFACE,IPV4,IPV6`);

tested('who forges answers of the kernel in a container is not believed', async (t) => {
  const world = await makeWorld(t);
  await makeBridge(world);
  await world.furnish('ip link add nic0 type veth peer name far0');
  addBusybox(world, 'c1', { config: LINES });
  const rootfs = join(world.lxcpath, 'c1', 'rootfs');
  copyFileSync(rigProgram('forge-netlink'), join(rootfs, 'forge'));
  await world.sh('tlxc-start -n c1');
  const known = [await reports(world, ''), await addresses(world, '')];
  t.regex(String(known[1]), /eth0, lo +10\.5\.0\.11 +fd05::11/);

  await world.sh("tlxc-attach -n c1 -- sh -c '/forge > /forged 2>&1 &'");
  const attempts = (): string[] => readFileSync(join(rootfs, 'forged'), 'utf8').split('\n').slice(1);
  const begun = () => readFileSync(join(rootfs, 'forged'), 'utf8').startsWith('ready') || undefined;
  t.true(await eventually(30, () => Promise.resolve(begun())));
  const late = rigLibrary('late-netlink');
  for (let round = 0; round < 3; round += 1)
    t.deepEqual([await reports(world, late), await addresses(world, late)], known);
  t.true(attempts().includes('111'), `${attempts().length} attempts`); // ECONNREFUSED

  await world.sh('tlxc-device -n c1 add nic0 lan0');
  t.regex(await addresses(world, late), /eth0, lan0, lo /);
  await world.sh('tlxc-device -n c1 del lan0; tlxc-stop -k -n c1');
});

tested('that the kernel does not tell of a network is said', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  await world.sh('tlxc-start -n c1');
  const mute = `NETLINK=mute LD_PRELOAD=${rigLibrary('late-netlink')}`;
  for (const command of ['tlxc-info -n c1', 'tlxc-ls -f']) {
    const result = await world.run('sh', '-c', `${mute} ${command}`);
    t.is(result.code, 0);
    t.regex(result.stdout, /RUNNING/);
    t.regex(result.stderr, /c1: cannot list the interfaces.*\n?.*(ETIMEDOUT|timed out)/i);
  }
  await world.sh('tlxc-stop -k -n c1');
});

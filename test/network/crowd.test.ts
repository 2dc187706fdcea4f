import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../rig/eventually.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';
import { addNeighbour, bridged } from './neighbours.ts';

const rooted = requires(...bridged);

/** TLXC_CROWD: as many as are wanted. */
const MANY = Number(process.env['TLXC_CROWD'] ?? 12);

interface Status {
  readonly leases: readonly { readonly address: string; readonly hostname: string }[];
}

/** Who has which address, once DHCP has given all of them one. */
const addressed = (world: World): Promise<Map<string, string>> =>
  eventually(120, async () => {
    const { leases } = JSON.parse((await world.run('tlxc-net', 'status', '--json')).stdout) as Status;
    const found = leases.map(({ hostname, address }) => [hostname, address] as const);
    return found.length === MANY ? new Map(found.sort()) : undefined;
  });

rooted(`${MANY} containers at once each get an address of their own, and keep it`, async (t) => {
  t.timeout(600_000);
  const world = await makeWorld(t);
  const names = Array.from({ length: MANY }, (_, number) => `u${number}`);
  for (const name of names) {
    addNeighbour(world, name);
    const boots = '::sysinit:/bin/udhcpc -f -q -n -t 10 -i eth0 -s /lease\n::shutdown:/bin/true\n';
    writeFileSync(join(world.lxcpath, name, 'rootfs/etc/inittab'), boots);
  }
  const each = (command: string, atOnce: number): Promise<string> =>
    world.sh(`printf '%s\\n' ${names.join(' ')} | xargs -P ${atOnce} -I NAME ${command} -n NAME`);
  const before = performance.now();
  await each('tlxc-start', MANY);
  const first = await addressed(world);
  t.log(`${MANY} started and addressed in ${((performance.now() - before) / 1000).toFixed(1)} s`);
  t.is(new Set(first.values()).size, MANY);
  await each('tlxc-stop -k', 4);
  await world.sh('tlxc-net stop; rm state/network/dnsmasq.leases');
  await each('tlxc-start', MANY);
  t.deepEqual(await addressed(world), first);
  await each('tlxc-stop -k', 4);
});

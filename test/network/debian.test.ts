import { eventually } from '../rig/eventually.ts';
import { addDebian } from '../rig/containers.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';
import { bridged, inside, lookUp, on } from './neighbours.ts';

const rooted = requires(...bridged, 'debian');

const profile = ['common', 'userns'].map(
  (which) => `lxc.include = /usr/share/tlxc/config/debian.${which}.conf`,
);

interface Event {
  readonly MESSAGE: string;
  readonly __MONOTONIC_TIMESTAMP: string;
}

/**
 * Milliseconds from the beginning of systemd-networkd to the lease; undefined: none yet. When it began systemd itself knows: what it
 * writes of that may be earlier than a journal that takes it.
 */
async function waited(world: World, name: string): Promise<number | undefined> {
  const begun = 'systemctl show --value --property=InactiveExitTimestampMonotonic systemd-networkd';
  const journal = 'journalctl -b -o json --no-pager -u systemd-networkd';
  const [start = '', ...lines] = (await inside(world, name, `${begun}; ${journal}`)).split('\n');
  const events = lines.map((line) => JSON.parse(line) as Event);
  const lease = events.find(({ MESSAGE }) => /DHCPv4 address/.test(MESSAGE));
  return lease && (Number(lease.__MONOTONIC_TIMESTAMP) - Number(start)) / 1000;
}

rooted('Debian under systemd gets an address soon after its network starts, and keeps it', async (t) => {
  const world = await makeWorld(t);
  addDebian(world, 'd1', { config: [...profile, ...on('tlxcbr0')] });
  const boot = async (): Promise<string> => {
    await world.sh('tlxc-start -n d1');
    const took = await eventually(60, () => waited(world, 'd1').catch(() => undefined)).catch(
      async (error: unknown) => {
        t.log(await world.run('tlxc-net', 'status'));
        t.log(await world.run('tlxc-attach', '-n', 'd1', '--', 'journalctl', '-b', '--no-pager', '-n', '60'));
        throw error;
      },
    );
    t.log(`DHCP answered ${Math.round(took)} ms after systemd-networkd was begun`);
    t.true(took < 10_000);
    return inside(world, 'd1', "ip -4 -o addr show eth0 | sed 's/.*inet //; s,/.*,,'");
  };
  const address = await boot();
  t.regex(address, /^10\.0\.4\.\d+$/);
  t.is((await lookUp(world, 'd1.tlxc')).split(' ')[0], address);
  await world.sh('tlxc-stop -n d1');
  t.is(await boot(), address);
  await world.sh('tlxc-stop -k -n d1');
});

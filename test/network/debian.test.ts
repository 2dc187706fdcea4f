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

/** Milliseconds from the beginning of systemd-networkd to the lease, as its journal has them; undefined: none yet. */
async function waited(world: World, name: string): Promise<number | undefined> {
  const journal = 'journalctl -b -o json --no-pager -u systemd-networkd';
  const lines = (await inside(world, name, journal)).split('\n').filter(Boolean);
  const events = lines.map((line) => JSON.parse(line) as Event);
  const at = (pattern: RegExp): number =>
    Number(events.find(({ MESSAGE }) => pattern.test(MESSAGE))?.__MONOTONIC_TIMESTAMP);
  const took = (at(/DHCPv4 address/) - at(/^Starting/)) / 1000;
  return Number.isNaN(took) ? undefined : took;
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

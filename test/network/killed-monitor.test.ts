/** kill -9 of a monitor: what its container's network left on the host is gone with the next command, and a start works. */
import { makeNic, networked } from '../effects/networks.ts';
import { addBusybox } from '../rig/containers.ts';
import { eventually } from '../rig/eventually.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const tested = requires(...networked, 'dnsmasq', 'nftables');

/** Two interfaces: on TLXC's bridge, and one that the host routes and answers for. */
const LINES = [
  ...['type = veth', 'link = tlxcbr0', 'flags = up', 'hwaddr = 10:66:6a:00:00:31', 'veth.pair = k1host'].map(
    (line) => `lxc.net.0.${line}`,
  ),
  ...['type = veth', 'veth.mode = router', 'link = nic0', 'l2proxy = 1', 'flags = up'].map(
    (line) => `lxc.net.1.${line}`,
  ),
  ...['ipv4.address = 10.6.0.7/32', 'veth.ipv4.route = 10.60.0.0/24', 'veth.ipv6.route = fd60::/64'].map(
    (line) => `lxc.net.1.${line}`,
  ),
  'tlxc.net.0.forward = tcp 18080 -> 80',
];

/** All that a network leaves on a host, but for counters, numbers, and the address that is kept for the container. */
const LOOK = [
  "ip -o link | sed 's/^[0-9]*: //; s/ qdisc.*//'",
  "ip -o addr | sed 's/^[0-9]*: //; s/valid_lft.*//'",
  'ip route show table all; ip -6 route show table all',
  'ip neigh show proxy; ip -6 neigh show proxy; ip rule; ip -6 rule',
  "nft list ruleset | sed 's/packets [0-9]* bytes [0-9]*//'",
  'bridge vlan; bridge fdb | grep -v permanent',
  'ss -Hltn; ss -Hlun; cat $(dirname $TLXC_CONF)/state/network/*leases*',
].join('; ');

const look = (world: World): Promise<string> => world.sh(`(${LOOK}) 2>&1 | sort || true`);

async function killMonitor(world: World): Promise<void> {
  await world.sh(`kill -9 $(pgrep -f '^\\[tlxc monitor\\] .* c1$')`);
  await eventually(30, async () =>
    (await world.run('ip', 'link', 'show', 'k1host')).code === 1 ? true : undefined,
  );
}

tested(
  'no veth, lease, rule, route or address is left after the next command, and a start works',
  async (t) => {
    const world = await makeWorld(t);
    await makeNic(world);
    await world.sh(
      'sysctl -qw net.ipv4.conf.nic0.forwarding=1; tlxc-net start; ip link add held0 type veth peer name held1',
    );
    // What the bridge advertises comes when it comes.
    await world.sh('sysctl -qw net.ipv6.conf.held1.accept_ra=0');
    await world.sh('ip link set held0 master tlxcbr0 up; ip link set held1 up; sleep 2');
    addBusybox(world, 'c1', { config: LINES });
    const before = await look(world);
    for (const next of ['tlxc-stop -k -n c1 || true', 'tlxc-start -n c1']) {
      await world.sh('tlxc-start -n c1 || true');
      const running = await look(world);
      t.regex(running, /k1host/);
      t.regex(running, /10\.60\.0\.0\/24/);
      t.regex(running, /10\.6\.0\.7.*proxy/);
      t.regex(running, /:18080/);
      await killMonitor(world);
      await world.sh(next);
      if (next.startsWith('tlxc-stop')) t.is(await look(world), before);
    }
    t.regex(await world.sh('tlxc-attach -n c1 -- ip -o link'), /10:66:6a:00:00:31/);
    t.is((await world.sh('bridge link | grep -c k1host')).trim(), '1');
    await world.sh('tlxc-stop -k -n c1');
    t.is(await look(world), before);
    await world.sh('ip link del held0');
  },
);

import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const rooted = requires('root', 'netns', 'bridge', 'dnsmasq', 'nftables');

interface Status {
  readonly up: boolean;
  readonly link: string;
  readonly dnsmasqPid: number;
  readonly names: {
    readonly served: boolean;
    readonly servers: readonly string[];
    readonly heldBy: readonly string[];
  };
  readonly addresses: readonly string[];
  readonly leases: readonly { readonly address: string; readonly hostname: string }[];
}

async function statusOf(world: World): Promise<Status> {
  return JSON.parse((await world.run('tlxc-net', 'status', '--json')).stdout) as Status;
}

/** A host of its own on the bridge: a network namespace behind a veth, as a container has. */
const neighbour = (name: string): string => `
  ip netns add ${name}
  ip link add ${name}h type veth peer name eth0 netns ${name}
  ip link set ${name}h master tlxcbr0 up
  ip -n ${name} link set lo up
  ip -n ${name} link set eth0 up`;

/** busybox's udhcpc calls this with the lease in its environment. */
const onLease = String.raw`#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr add "$ip/$mask" dev "$interface"
ip route add default via "$router"
echo "$ip $router $dns"
`;

rooted('start brings all up, again changes nothing, stop leaves nothing', async (t) => {
  const world = await makeWorld(t);
  const started = await world.run('tlxc-net', 'start');
  t.is(started.code, 0, started.stderr);
  t.regex(started.stdout, /^tlxcbr0 is up: 10\.0\.4\.1\/24, fd[0-9a-f:]+::1\/64\n$/);
  const first = await statusOf(world);
  t.true(first.up);
  t.is(await world.sh('cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding'), '1\n1\n');
  t.regex(await world.sh(`ps -o user= -p ${first.dnsmasqPid}`), /^(dnsmasq|nobody)\s/);

  t.is((await world.run('tlxc-net', 'start')).code, 0);
  t.deepEqual(await statusOf(world), first, 'the same dnsmasq, the same addresses');

  t.is((await world.run('tlxc-net', 'stop')).code, 0);
  t.is(await world.sh('nft list ruleset; ip -br link | cut -d" " -f1'), 'lo\n');
  const down = await world.run('tlxc-net', 'status');
  t.is(down.code, 3);
  t.regex(down.stdout, /^Bridge: {9}tlxcbr0 absent\n/);
  t.regex(down.stderr, /^tlxc-net: the bridge tlxcbr0 is absent\n {2}hint: tlxc-net start brings it up/);
  t.deepEqual(await world.leaks(), []);
  t.is((await world.run('tlxc-net', 'stop')).code, 0, 'stopping what is down is no error');
});

rooted('what went away is brought back by another start', async (t) => {
  const world = await makeWorld(t);
  await world.sh('tlxc-net start');
  const { dnsmasqPid } = await statusOf(world);
  await world.sh(`kill ${dnsmasqPid}; nft delete table inet tlxc; ip address flush dev tlxcbr0`);
  const broken = await world.run('tlxc-net', 'status');
  t.is(broken.code, 3);
  t.regex(broken.stderr, /the bridge tlxcbr0 is without its addresses, DHCP and DNS, its firewall rules\n/);
  await world.sh('tlxc-net start');
  t.true((await statusOf(world)).up);
});

rooted(
  'a neighbour gets an address and a router, no name that it claims, and reaches what lies behind the host',
  async (t) => {
    const world = await makeWorld(t, { settings: ['tlxc.bridge.domain = lan'] });
    await world.sh('mkdir -p /run/netns; mount -t tmpfs tmpfs /run/netns; tlxc-net start');
    // The world outside: an address of the host's that only NAT and forwarding make reachable.
    await world.sh(`ip netns add far; ip link add out0 type veth peer name eth0 netns far; ip link set out0 up
    ip addr add 192.0.2.1/24 dev out0; ip -n far addr add 192.0.2.9/24 dev eth0; ip -n far link set eth0 up`);
    await world.sh(`${neighbour('n1')}; cat > lease; chmod +x lease`, { input: onLease });
    const lease = await world.sh(
      'ip netns exec n1 busybox udhcpc -q -f -n -i eth0 -x hostname:n1 -s $PWD/lease 2>/dev/null',
    );
    const [address = '', router = '', dns = ''] = lease.trim().split(' ');
    t.regex(address, /^10\.0\.4\.\d+$/);
    t.is(router, '10.0.4.1');
    t.is(dns, '10.0.4.1');
    t.is(
      await world.sh('ip netns exec n1 busybox ping -c 1 -W 5 192.0.2.9 >/dev/null && echo reached'),
      'reached\n',
    );
    const claimed = await world.run('ip', 'netns', 'exec', 'n1', 'busybox', 'nslookup', 'n1.lan', '10.0.4.1');
    t.regex(claimed.stdout, /can't find n1\.lan: NXDOMAIN/);
    t.like((await statusOf(world)).leases[0], { address, hostname: '' });
    // Router advertisements: an address of the bridge's IPv6 network without asking.
    const global = 'ip -n n1 -6 -br address show dev eth0 scope global';
    await world.sh(`for i in $(seq 100); do [ -z "$(${global})" ] || break; sleep 0.1; done`);
    t.regex(await world.sh(global), /fd[0-9a-f]{2}:/);
    await world.sh('ip netns del n1; ip netns del far;  tlxc-net stop; umount /run/netns');
  },
);

rooted('rules and bridges of others are not touched', async (t) => {
  const world = await makeWorld(t);
  await world.sh(`nft -f - <<'END'
table inet other {
  chain forward { type filter hook forward priority 0; policy drop; }
}
END
ip link add mine type bridge`);
  const rules = await world.sh('nft list table inet other');
  const started = await world.run('tlxc-net', 'start');
  t.is(started.code, 0);
  t.regex(
    started.stderr,
    /warning: the chain inet other forward drops what containers send and get; mend it with: nft insert rule inet other/,
  );
  t.is(await world.sh('nft list table inet other'), rules);
  await world.sh('tlxc-net stop');
  t.is(await world.sh('nft list ruleset'), rules);
  await world.sh('ip link del mine');
});

/** What a neighbour is given by DHCP: its address, its router, whom it asks for names. */
async function leaseOf(world: World, host: string): Promise<readonly string[]> {
  await world.sh(`${neighbour(host)}; cat > lease; chmod +x lease`, { input: onLease });
  const asked = `ip netns exec ${host} busybox udhcpc -q -f -n -i eth0 -s $PWD/lease 2>/dev/null`;
  return (await world.sh(asked)).trim().split(' ');
}

rooted('where another program has the DNS port addresses are given all the same', async (t) => {
  const world = await makeWorld(t, { settings: ['tlxc.bridge.host.names = 1'] });
  const listener = 'require("dgram").createSocket("udp4").bind(53, () => console.log())';
  await world.sh(`mkdir -p /run/netns; mount -t tmpfs tmpfs /run/netns; ip link set lo up
    printf 'nameserver 127.0.0.53\nnameserver fe80::1%%eth0\nnameserver 192.0.2.53\n' > resolv.conf
    mount --bind resolv.conf /etc/resolv.conf
    mkfifo up; node -e '${listener}' > up 2>/dev/null & echo $! > holder; read line < up`);
  const started = await world.run('tlxc-net', 'start');
  t.is(started.code, 0, started.stderr);
  t.regex(
    started.stderr,
    /warning: port 53 of tlxcbr0 is held by \S+ \(pid \d+\): containers ask 192\.0\.2\.53, but they are not found by their names; make it listen/,
  );
  t.regex(started.stderr, /cannot be told to the host: the bridge does not serve them/);
  t.notRegex(await world.sh('cat /etc/resolv.conf'), /10\.0\.4\.1/, 'the host does not ask the bridge');
  const first = await statusOf(world);
  t.like(first, { up: true, names: { served: false, servers: ['192.0.2.53'] } });
  t.regex(first.names.heldBy.join(), /\(pid \d+\)$/);
  const [address = '', router, dns] = await leaseOf(world, 'n1');
  t.regex(address, /^10\.0\.4\.\d+$/);
  t.deepEqual([router, dns], ['10.0.4.1', '192.0.2.53']);
  const told = await world.run('tlxc-net', 'status');
  t.is(told.code, 0);
  t.regex(told.stdout, /^DHCP, DNS: {6}dnsmasq, pid \d+, DHCP alone$/m);
  t.regex(told.stdout, /^Warning: {8}port 53 of tlxcbr0 is held by/m);
  t.regex(await world.sh('tlxc-doctor --json || true'), /"found": ?"port 53 of tlxcbr0 is held by/);

  t.is((await world.run('tlxc-net', 'start')).code, 0);
  t.is((await statusOf(world)).dnsmasqPid, first.dnsmasqPid, 'nothing has changed, nothing is done');
  await world.sh('kill $(cat holder)');
  t.regex((await world.run('tlxc-net', 'status')).stdout, /^Warning: .* is free again; tlxc-net start$/m);
  t.is((await world.run('tlxc-net', 'start')).stderr, '');
  t.like((await statusOf(world)).names, { served: true, heldBy: [] });
  t.is((await leaseOf(world, 'n2'))[2], '10.0.4.1');
  await world.sh('ip netns del n1; ip netns del n2; tlxc-net stop; umount /run/netns /etc/resolv.conf');
});

rooted('whoever has the DNS port is asked by containers where it answers them', async (t) => {
  const world = await makeWorld(t);
  const other = 'dnsmasq --conf-file=/dev/null --pid-file=$PWD/other.pid --address=/ours.example/192.0.2.7';
  await world.sh(`mkdir -p /run/netns; mount -t tmpfs tmpfs /run/netns; ip link set lo up; ${other}`);
  const started = await world.run('tlxc-net', 'start');
  t.is(started.code, 0, started.stderr);
  t.regex(started.stderr, /held by dnsmasq \(pid \d+\): it answers containers, but they are not found/);
  const { names, addresses } = await statusOf(world);
  t.deepEqual(
    names.servers,
    addresses.map((each) => each.split('/')[0]),
  );
  t.is((await leaseOf(world, 'n1'))[2], '10.0.4.1');
  const answer = await world.sh('ip netns exec n1 busybox nslookup -type=a ours.example 10.0.4.1');
  t.regex(answer, /192\.0\.2\.7/);
  await world.sh('ip netns del n1; kill $(cat other.pid); tlxc-net stop; umount /run/netns');
});

rooted('a bridge with ports stays, but serves nobody', async (t) => {
  const world = await makeWorld(t);
  await world.sh('tlxc-net start; ip link add p0 type veth peer name p1; ip link set p0 master tlxcbr0');
  const stopped = await world.run('tlxc-net', 'stop');
  t.is(stopped.code, 0);
  t.regex(stopped.stderr, /the bridge stays.*p0/);
  t.is(await world.sh('ip -br addr show tlxcbr0 | tr -s " "'), 'tlxcbr0 DOWN \n');
  await world.sh('tlxc-net start; ip link del p0; tlxc-net stop');
});

rooted('a network that the host has already is refused', async (t) => {
  const world = await makeWorld(t);
  await world.sh('ip link add lan type bridge; ip addr add 10.0.0.7/13 dev lan');
  const refused = await world.run('tlxc-net', 'start');
  t.is(refused.code, 1);
  t.regex(refused.stderr, /the network 10\.0\.4\.0\/24 is already that of lan \(10\.0\.0\.7\/13\)/);
  t.regex(refused.stderr, /choose another one with: tlxc-config tlxc\.bridge\.ipv4 10\.73\.5\.1\/24/);
  await world.sh('ip link del lan');
});

rooted('nor one of IPv6, nor one that a route leads to; a route to a larger network gives way', async (t) => {
  const world = await makeWorld(t, { settings: ['tlxc.bridge.ipv6 = fd44::1/64'] });
  await world.furnish('ip link add lan type bridge; ip link set lan up; ip addr add 192.0.2.1/24 dev lan');
  await world.sh('ip addr add fd44::7/64 dev lan nodad');
  const taken = await world.run('tlxc-net', 'start');
  t.regex(taken.stderr, /the network fd44::1\/64 is already that of lan \(fd44::7\/64\)/);
  await world.sh('ip addr del fd44::7/64 dev lan; ip route add 10.0.4.128/25 via 192.0.2.9');
  const routed = await world.run('tlxc-net', 'start');
  t.regex(routed.stderr, /already that of a route \(10\.0\.4\.128\/25 by lan via 192\.0\.2\.9\)/);
  await world.sh('ip route del 10.0.4.128/25; ip route add blackhole 10.0.4.0/26');
  const nowhere = await world.run('tlxc-net', 'start');
  t.regex(nowhere.stderr, /already that of a route \(10\.0\.4\.0\/26\)/);
  await world.sh(
    'ip route del blackhole 10.0.4.0/26; ip route add default via 192.0.2.9; ip route add 10.0.0.0/8 via 192.0.2.9; tlxc-net start; tlxc-net stop',
  );
});

rooted('new settings replace the old addresses', async (t) => {
  const world = await makeWorld(t);
  await world.sh('tlxc-net start; echo "tlxc.bridge.ipv4 = 10.77.0.1/16" >> $TLXC_CONF; tlxc-net restart');
  const { addresses, up } = await statusOf(world);
  t.true(up);
  t.is(addresses[0], '10.77.0.1/16');
  await world.sh('tlxc-net stop');
});

rooted('words that it does not know are usage errors', async (t) => {
  const world = await makeWorld(t);
  const refused = await world.run('tlxc-net', 'begin');
  t.is(refused.code, 2);
  t.regex(refused.stderr, /^Usage: tlxc-net \{start\|stop\|restart\|reload\|force-reload\|status\}\n$/);
});

import test from 'ava';
import { raising } from '../../src/network/bridge-device.ts';
import type { BridgeSettings } from '../../src/network/settings.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';

const rooted = requires('root', 'netns', 'bridge', 'dnsmasq', 'nftables');

const settings: BridgeSettings = {
  ...{ name: 'br0', mac: '10:66:6a:00:00:00', domain: '', nat: true, hostNames: false },
  ipv4: { address: '10.0.4.1', prefix: 24, network: '10.0.4.0/24', range: ['10.0.4.2', '10.0.4.254'] },
  ipv6: { address: 'fd44::1', prefix: 64 },
};

test('a bridge is made with its addresses, and set up last', (t) => {
  const own = { op: 'address', link: 'br0', sure: true } as const;
  t.deepEqual(raising(settings, null), [
    { op: 'make', link: 'br0', kind: 'bridge', hwaddr: '10:66:6a:00:00:00', on: '', vlan: 0 },
    { ...own, address: 'fd44::1', prefix: 64, broadcast: '' },
    { ...own, address: '10.0.4.1', prefix: 24, broadcast: '10.0.4.255' },
    { op: 'state', link: 'br0', up: true },
  ]);
});

test('one that is there loses the addresses that are not its own any more', (t) => {
  const existing = { up: true, addresses: ['10.0.4.1/24', '10.9.0.1/16', 'fd44::1/64'], ports: [] };
  const changes = raising({ ...settings, ipv6: null }, existing);
  t.deepEqual(
    changes.filter(({ op }) => op === 'no-address'),
    [
      { op: 'no-address', link: 'br0', address: '10.9.0.1', prefix: 16 },
      { op: 'no-address', link: 'br0', address: 'fd44::1', prefix: 64 },
    ],
  );
  t.false(changes.some(({ op }) => op === 'make'));
});

rooted('the bridge is made without ip(8), as ip(8) shows it', async (t) => {
  const world = await makeWorld(t, { settings: ['tlxc.bridge.ipv6 = fd44::1/64'] });
  await world.furnish(`cp $(command -v ip) shows; mkdir low; mknod low/ip c 0 0
    mount -t overlay -o lowerdir=low:/usr/bin overlay /usr/bin`);
  t.is(await world.sh('command -v ip || true'), '');
  await world.sh('tlxc-net start');
  const shown = await world.sh('./shows -o -d address show dev tlxcbr0; ./shows -o -d link show dev tlxcbr0');
  t.regex(shown, /inet 10\.0\.4\.1\/24 brd 10\.0\.4\.255 scope global tlxcbr0/);
  t.regex(shown, /inet6 fd44::1\/64 scope global nodad/);
  t.regex(shown, /[<,]UP[,>].* link\/ether 10:66:6a:00:00:00 .* bridge /);
  await world.sh('tlxc-net stop');
});

rooted('addresses of one network go together, and the bridge keeps its own', async (t) => {
  const world = await makeWorld(t);
  await world.sh('ip link add tlxcbr0 type bridge; ip addr add 10.8.0.1/24 dev tlxcbr0');
  await world.sh('ip addr add 10.8.0.2/24 dev tlxcbr0; tlxc-net start');
  t.is(await world.sh("ip -4 -o addr show dev tlxcbr0 | sed 's/.*inet //; s/ .*//'"), '10.0.4.1/24\n');
  await world.sh('tlxc-net stop');
});

rooted('where IPv6 is turned off the bridge has none; one that is asked for is refused', async (t) => {
  const world = await makeWorld(t);
  await world.furnish('echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6');
  t.is(await world.sh('tlxc-net start'), 'tlxcbr0 is up: 10.0.4.1/24\n');
  await world.sh('tlxc-net stop; echo "tlxc.bridge.ipv6 = fd44::1/64" >> $TLXC_CONF');
  const refused = await world.run('tlxc-net', 'start');
  t.is(refused.code, 1);
  t.regex(
    refused.stderr,
    /^tlxc-net: cannot set up the bridge tlxcbr0 \(fd44::1, RTM_NEWADDR.*\): permission denied\n {2}hint: IPv6 is off on the host: tlxc-config tlxc\.bridge\.ipv6 none/,
  );
  await world.sh('tlxc-net stop');
});

rooted('who may not change the network is told so', async (t) => {
  const world = await makeWorld(t);
  const refused = await world.run(
    'setpriv',
    '--bounding-set',
    '-net_admin',
    '--inh-caps',
    '-all',
    'tlxc-net',
    'start',
  );
  t.is(refused.code, 1);
  t.regex(
    refused.stderr,
    /cannot set up the bridge tlxcbr0 \(.*RTM_NEWLINK.*: operation not permitted\n {2}hint: .*CAP_NET_ADMIN/,
  );
});

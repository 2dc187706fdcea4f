import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Interface } from '../../src/plan/types.ts';
import { eventually, startMonitored, written, type Wrapper } from '../monitor/monitored.ts';
import { requires } from '../rig/requires.ts';
import { makePlan, ORIGIN } from './plan.ts';
import { makePlace, script } from './run.ts';

const bridged = requires('root', 'userns', 'idmap', 'busybox', 'veth', 'bridge');
const KILL = 9;

/** The monitor in a network of its own that has a bridge br7, 10.77.0.1/24. */
const prepare =
  'ip link add br7 type bridge; ip addr add 10.77.0.1/24 dev br7; ip link set br7 mtu 1400 up; ip link add br6 type bridge; ip link add v0 type veth peer name v1';
const inNetwork: Wrapper = ['unshare', '--net', 'sh', '-c', `${prepare}; exec "$0"`];

/** Which line a setting of an interface stands in. */
const LINES = {
  type: 11,
  link: 12,
  name: 13,
  hwaddr: 14,
  mtu: 15,
  'ipv4.gateway': 16,
  'ipv6.gateway': 17,
  'veth.pair': 18,
};
const at = (key: keyof typeof LINES) => ({ ...ORIGIN, line: LINES[key], key: `lxc.net.0.${key}` });
const origin = at('type');

interface Veth {
  readonly index?: number;
  readonly link?: string;
  readonly name?: string;
  readonly hostName?: string;
  readonly hwaddr?: string;
  readonly mtu?: number;
  readonly ipv4?: Interface['ipv4'];
  readonly ipv6?: Interface['ipv6'];
  readonly ipv4Gateway?: string;
  readonly ipv6Gateway?: string;
}
const unplaced = (value: number) => ({ value, origin });
const veth = (of: Veth = {}): Interface => ({
  index: of.index ?? 0,
  device: {
    ...{ op: 'veth', mode: 'bridge', hostName: { value: of.hostName ?? '', origin: at('veth.pair') } },
    ...{ rxQueues: unplaced(0), txQueues: unplaced(0), ipv4Routes: [], ipv6Routes: [] },
    ...{ vlan: unplaced(-2), taggedVlans: [], ownFramesOnly: null },
  },
  link: { value: of.link ?? 'br7', origin: at('link') },
  name: { value: of.name ?? '', origin: at('name') },
  hwaddr: { value: of.hwaddr ?? '', origin: at('hwaddr') },
  mtu: { value: of.mtu ?? 0, origin: at('mtu') },
  up: true,
  ...{ ipv4: of.ipv4 ?? [], ipv6: of.ipv6 ?? [] },
  ipv4Gateway: { value: of.ipv4Gateway ?? '', origin: at('ipv4.gateway') },
  ipv6Gateway: { value: of.ipv6Gateway ?? '', origin: at('ipv6.gateway') },
  ...{ l2proxy: null, scriptUp: null, scriptDown: null, origin },
});
const address = (text: string, prefix: number, broadcast = '') => ({
  address: text,
  prefix,
  broadcast,
  origin,
});

const show = 'cd /; ip -o addr; ip -o link; ip route; ip -6 route; echo END; sleep 1000';

async function networkOf(rootfs: string): Promise<string> {
  const read = (): string => written(join(rootfs, 'out'));
  await eventually(() => read().includes('END'));
  return read();
}

const onHost = (pid: number, command: string): string =>
  spawnSync('nsenter', ['-t', String(pid), '-n', 'sh', '-c', command], { encoding: 'utf8' }).stdout;

bridged('a veth gets its name, addresses, gateway, MTU; its host end joins the bridge', async (t) => {
  const place = makePlace(t);
  const plan = makePlan({ ...place, argv: script(show) });
  plan.interfaces = [
    veth({
      index: 3,
      name: '',
      hwaddr: '10:66:6a:00:00:01',
      ipv4: [address('10.77.0.9', 24, '10.77.0.255')],
      ipv4Gateway: 'auto',
    }),
    veth({ index: 5, name: 'eth0', ipv6: [address('fd77::9', 64)], ipv6Gateway: 'fe80::1', mtu: 1300 }),
  ];
  const monitor = await startMonitored(t, plan, inNetwork);
  const inside = await networkOf(place.rootfs);
  t.regex(inside, /eth1\s+inet 10\.77\.0\.9\/24 brd 10\.77\.0\.255/);
  t.regex(inside, /eth1.* mtu 1400 .*link\/ether 10:66:6a:00:00:01/);
  t.regex(inside, /^default via 10\.77\.0\.1 dev eth1/m);
  t.regex(inside, /eth0\s+inet6 fd77::9\/64/);
  t.regex(inside, /eth0.* mtu 1300 /);
  t.regex(inside, /^default via fe80::1 dev eth0/m);
  t.regex(inside, /lo\s+inet 127\.0\.0\.1\/8/);

  const { interfaces } = monitor.info();
  t.deepEqual(
    interfaces.map(({ index, name }) => [index, name]),
    [
      [3, 'eth1'],
      [5, 'eth0'],
    ],
  );
  const [first] = interfaces;
  t.regex(first?.hostName ?? '', /^veth[0-9A-Za-z]{6}$/);
  const hostEnd = onHost(monitor.pid, `ip -o link show ${first?.hostName}`);
  t.regex(hostEnd, /master br7 state UP.*link\/ether fe:/);
  const disabled = onHost(monitor.pid, `cat /proc/sys/net/ipv6/conf/${first?.hostName}/disable_ipv6`);
  t.is(disabled.trim(), '1');
});

bridged('a gateway that no address leads to gets a route of its own', async (t) => {
  const place = makePlace(t);
  const plan = makePlan({ ...place, argv: script(show) });
  plan.interfaces = [veth({ ipv4: [address('10.88.0.2', 32)], ipv4Gateway: '10.99.0.1' })];
  await startMonitored(t, plan, inNetwork);
  const inside = await networkOf(place.rootfs);
  t.regex(inside, /^10\.99\.0\.1 dev eth0/m);
  t.regex(inside, /^default via 10\.99\.0\.1 dev eth0/m);
});

bridged('an empty network has a loopback that is up, and nothing else', async (t) => {
  const place = makePlace(t);
  const plan = makePlan({ ...place, argv: script(show) });
  plan.interfaces = [{ ...veth({ link: '' }), device: { op: 'empty' } }];
  await startMonitored(t, plan, inNetwork);
  const inside = await networkOf(place.rootfs);
  t.regex(inside, /lo\s+inet 127\.0\.0\.1\/8/);
  t.notRegex(inside, /eth|veth|tlxc/);
});

const blamed: readonly (readonly [what: string, of: Veth, blamed: keyof typeof LINES, path: string])[] = [
  ['a bridge that does not exist', { link: 'br8' }, 'link', 'br8'],
  ['a link that is no bridge', { link: 'v1' }, 'link', 'v1'],
  ['a host name that is taken', { hostName: 'br7' }, 'veth.pair', 'br7'],
  ['a hardware address of zeros', { hwaddr: '00:00:00:00:00:00', hostName: 'v7' }, 'hwaddr', 'v7'],
  ['a packet size beyond what is possible', { mtu: 70_000, hostName: 'v7' }, 'mtu', 'v7'],
  ["a name that is loopback's", { name: 'lo' }, 'name', 'lo'],
  ['a gateway that is no address', { ipv4Gateway: '10.77' }, 'ipv4.gateway', '10.77'],
  ['a link without an address for the gateway', { ipv6Gateway: 'auto', link: 'br6' }, 'ipv6.gateway', 'br6'],
];
for (const [what, of, key, path] of blamed)
  bridged(`${what}: the line of lxc.net.0.${key} is blamed`, async (t) => {
    const plan = makePlan({ ...makePlace(t), argv: script(show) });
    plan.interfaces = [veth(of)];
    const { started } = await startMonitored(t, plan, inNetwork);
    t.like(started, { kind: 'failed', step: 'network', path, line: LINES[key], key: `lxc.net.0.${key}` });
  });

bridged('a host name that is taken fails; a failed start takes its interfaces along', async (t) => {
  const plan = makePlan({ ...makePlace(t), argv: script(show) });
  plan.interfaces = [veth({ hostName: 'vethfixed' }), veth({ index: 1, hostName: 'br7' })];
  const wrapper = ['unshare', '--net', 'sh', '-c', `${prepare}; "$0"; ip -o link >${plan.lxcpath}/after`];
  const { started, ended } = await startMonitored(t, plan, wrapper);
  t.like(started, { kind: 'failed', step: 'network', errno: 17, path: 'br7' });
  await ended;
  t.notRegex(readFileSync(join(plan.lxcpath, 'after'), 'utf8'), /vethfixed/);
});

bridged('the host end is gone when the container has stopped', async (t) => {
  const plan = makePlan({ ...makePlace(t), argv: script(show) });
  plan.interfaces = [veth({ hostName: 'vethfixed' })];
  const wrapper = ['unshare', '--net', 'sh', '-c', `${prepare}; "$0"; ip -o link >${plan.lxcpath}/after`];
  const monitor = await startMonitored(t, plan, wrapper);
  monitor.signal(KILL);
  await monitor.ended;
  t.notRegex(readFileSync(join(plan.lxcpath, 'after'), 'utf8'), /vethfixed/);
});

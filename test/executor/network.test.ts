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
const prepare = 'ip link add br7 type bridge; ip addr add 10.77.0.1/24 dev br7; ip link set br7 mtu 1400 up';
const inNetwork: Wrapper = ['unshare', '--net', 'sh', '-c', `${prepare}; exec "$0"`];

const origin = { ...ORIGIN, line: 12, key: 'lxc.net.0.link' };
const veth = (more: Partial<Interface> = {}): Interface => ({
  ...{ index: 0, type: 'veth', link: 'br7', name: '', hostName: '', hwaddr: '', mtu: 0, up: true },
  ...{ ipv4: [], ipv6: [], ipv4Gateway: '', ipv6Gateway: '', origin },
  ...more,
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
      ipv4: [address('10.77.0.9', 24)],
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
  plan.interfaces = [veth({ type: 'empty', link: '' })];
  await startMonitored(t, plan, inNetwork);
  const inside = await networkOf(place.rootfs);
  t.regex(inside, /lo\s+inet 127\.0\.0\.1\/8/);
  t.notRegex(inside, /eth|veth|tlxc/);
});

bridged('a bridge that does not exist is named, with the line that asks for it', async (t) => {
  const plan = makePlan({ ...makePlace(t), argv: script(show) });
  plan.interfaces = [veth({ link: 'br8' })];
  const { started } = await startMonitored(t, plan, inNetwork);
  t.like(started, {
    kind: 'failed',
    step: 'network',
    errno: 19,
    path: 'br8',
    line: 12,
    key: 'lxc.net.0.link',
  });
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

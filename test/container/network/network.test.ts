import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { net, makeNic, networked, recorder } from '../../effects/networks.ts';
import { addBusybox } from '../../rig/containers.ts';
import { eventually } from '../../rig/eventually.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const tested = requires(...networked);

/** eth7, as an administrator may have left it. */
const ETH7 = `
ip link add eth7 type veth peer name far7
ip link set eth7 mtu 1350 address 02:00:00:00:00:77
ip link property add dev eth7 altname onboard7 altname slot7
ip addr add 10.6.0.1/24 brd 10.6.0.255 dev eth7; ip addr add fd06::1/64 dev eth7 nodad
ip link set eth7 up; ip link set far7 up`;

const inside = (world: World, name: string, line: string): Promise<string> =>
  world.sh(`tlxc-attach -n ${name} -- sh -c '${line}'`);

/** What is known of an interface, but for the number it has. */
async function portrait(world: World, name: string): Promise<string> {
  const link = await world.sh(`ip -o link show ${name}`);
  const addresses = await world.sh(`ip -o addr show dev ${name} scope global`);
  return (link + addresses)
    .replace(/^\d+: /gm, '')
    .replace(/ state \w+/, '')
    .replace(/@if?\w+/g, '');
}

tested('a phys is lent with what the container gives it, and comes back as it was', async (t) => {
  const world = await makeWorld(t);
  await world.furnish(ETH7);
  const before = await portrait(world, 'eth7');
  const lines = net('phys', 'link = eth7', 'name = lan0', 'mtu = 1300', 'hwaddr = 02:00:00:00:00:99');
  addBusybox(world, 'c1', { config: [...lines, 'lxc.net.0.ipv4.address = 10.6.0.9/24'] });
  await world.sh('tlxc-start -n c1');
  t.is((await world.run('ip', 'link', 'show', 'eth7')).code, 1);
  const lent = await inside(world, 'c1', 'ip -o addr show lan0; ip -o link show lan0');
  t.regex(lent, /10\.6\.0\.9\/24/);
  t.notRegex(lent, /10\.6\.0\.1\b/);
  t.regex(lent, / mtu 1300 .*02:00:00:00:00:99/);
  await inside(world, 'c1', 'ip link set lan0 down; ip link set lan0 name mine mtu 1280');
  await world.sh('tlxc-stop -k -n c1');
  await eventually(30, async () =>
    (await world.run('ip', 'link', 'show', 'eth7')).code === 0 ? true : undefined,
  );
  t.is(await portrait(world, 'eth7'), before);
});

tested('a phys that came into a container whose start failed comes back', async (t) => {
  const world = await makeWorld(t);
  await world.furnish(ETH7);
  const before = await portrait(world, 'eth7');
  addBusybox(world, 'c1', { config: [...net('phys', 'link = eth7'), 'lxc.init.cmd = /nowhere'] });
  t.is((await world.run('tlxc-start', '-n', 'c1')).code, 1);
  t.is(await portrait(world, 'eth7'), before);
  addBusybox(world, 'c2', {
    config: net('phys', 'link = eth7', `script.up = ${recorder(world, 'up', 'exit 1')}`),
  });
  t.is((await world.run('tlxc-start', '-n', 'c2')).code, 1);
  t.is(await portrait(world, 'eth7'), before);
});

tested('of several interfaces that begin so a phys takes the last, under its own name', async (t) => {
  const world = await makeWorld(t);
  await world.furnish('ip link add nic1 type veth peer name far1; ip link add nic2 type veth peer name far2');
  addBusybox(world, 'c1', { config: net('phys', 'link = nic+') });
  await world.sh('tlxc-start -n c1');
  t.is(await inside(world, 'c1', 'ls /sys/class/net'), 'lo\nnic2\n');
  await world.sh('tlxc-stop -k -n c1');
  addBusybox(world, 'c2', { config: net('phys', 'link = wifi+') });
  const { stderr } = await world.run('tlxc-start', '-n', 'c2');
  t.regex(
    stderr,
    /\(lxc\.net\.0\.link\)\n {2}hint: no network interface of the host has a name that begins with wifi/,
  );
});

const FORWARDING = 'echo 1 >/proc/sys/net/ipv4/conf/nic0/forwarding';
const proxied = (address: string): string[] =>
  net('veth', 'veth.mode = router', 'link = nic0', 'l2proxy = 1', `ipv4.address = ${address}/32`);

/** The record that a monitor keeps of what it may leave. */
const records = (world: World): string[] =>
  readdirSync(world.runDir, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('network.json'),
  );

tested('after the death of a monitor the next command takes back what it left of a network', async (t) => {
  const world = await makeWorld(t);
  await makeNic(world);
  await world.sh(FORWARDING);
  addBusybox(world, 'c1', { config: proxied('10.6.0.7') });
  await world.sh('tlxc-start -n c1');
  t.regex(await world.sh('ip neigh show proxy'), /10\.6\.0\.7/);
  t.is(records(world).length, 1);
  const monitor = await world.sh('pgrep -f "[t]lxc monitor.* c1$"');
  await world.sh(`kill -9 ${monitor}`);
  await world.sh('tlxc-stop -k -n c1 || true');
  t.is(
    await world.sh('ip neigh show proxy; ip route'),
    '10.6.0.0/24 dev far0 proto kernel scope link src 10.6.0.1 \n',
  );
  t.deepEqual(records(world), []);
  await world.sh('tlxc-start -n c1');
  t.regex(await world.sh('ip neigh show proxy'), /10\.6\.0\.7/);
  await world.sh('tlxc-stop -k -n c1');
  t.deepEqual(records(world), []);
});

tested('what a start that was killed with its monitor left goes with the next start', async (t) => {
  const world = await makeWorld(t);
  await makeNic(world);
  await world.sh(FORWARDING);
  const hang = recorder(world, 'hang', 'exec sleep 1000');
  addBusybox(world, 'c1', { config: [...proxied('10.6.0.7'), `lxc.hook.start-host = ${hang}`] });
  const start = world.spawn('tlxc-start', '-n', 'c1');
  const ended = new Promise((resolve) => start.once('close', resolve));
  await eventually(30, () => Promise.resolve(existsSync(join(world.dir, 'hang')) || undefined));
  t.regex(await world.sh('ip neigh show proxy'), /10\.6\.0\.7/);
  await world.sh('kill -9 $(pgrep -f "[t]lxc monitor.* c1$")');
  await ended;
  addBusybox(world, 'c2', { config: proxied('10.6.0.8') });
  await world.sh(
    `sed -i /hook/d ${join(world.lxcpath, 'c1/config')}; sed -i s/10.6.0.7/10.6.0.6/ ${join(world.lxcpath, 'c1/config')}`,
  );
  await world.sh('tlxc-start -n c1; tlxc-start -n c2');
  const proxies = await world.sh('ip neigh show proxy');
  t.regex(proxies, /10\.6\.0\.6/);
  t.regex(proxies, /10\.6\.0\.8/);
  t.notRegex(proxies, /10\.6\.0\.7/);
});

/** A switch sw0 and two named network namespaces, each with an end of a cable to it. */
const NAMESPACES = `
mkdir -p /run/netns; mount -t tmpfs tmpfs /run/netns
ip link add sw0 type bridge; ip link set sw0 up
for n in one two; do
  ip netns add $n
  ip link add to-$n type veth peer name wire netns $n
  ip link set to-$n master sw0; ip link set to-$n up
done
nsenter --net=/run/netns/two sh -ec 'ip link add br0 type bridge; ip link set wire master br0; ip link set wire up; ip link set br0 up'`;

tested(
  'two namespaces on a switch: a container in each, by phys and by veth, reach each other',
  async (t) => {
    const world = await makeWorld(t);
    await world.furnish(NAMESPACES);
    addBusybox(world, 'p1', { config: net('phys', 'link = wire', 'ipv4.address = 10.9.0.1/24') });
    addBusybox(world, 'v1', { config: net('veth', 'link = br0', 'ipv4.address = 10.9.0.2/24') });
    await world.sh('nsenter --net=/run/netns/one "$(command -v tlxc-start)" -n p1');
    await world.sh('nsenter --net=/run/netns/two "$(command -v tlxc-start)" -n v1');
    await inside(world, 'p1', 'ping -c 1 -W 5 10.9.0.2');
    await inside(world, 'v1', 'ping -c 1 -W 5 10.9.0.1');
    t.is(await world.sh('nsenter --net=/run/netns/one ls /proc/self/net/dev_snmp6 | sort'), 'lo\n');
    await world.sh('tlxc-stop -k -n p1; tlxc-stop -k -n v1');
    await world.sh('nsenter --net=/run/netns/one ip link show wire', {});
    t.is(await world.sh("nsenter --net=/run/netns/two ip -o link | grep -c ' master br0'"), '1\n');
  },
);

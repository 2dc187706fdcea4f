import { once } from 'node:events';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { eventually } from '../rig/eventually.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';
import { addNeighbour, askDhcp, bridged, inside, lookUp, on, startNeighbour } from './neighbours.ts';
import { addBusybox } from '../rig/containers.ts';

const rooted = requires(...bridged);

/** dnsmasq hears of a file when the kernel tells it: a moment. */
async function known(t: ExecutionContext, world: World, what: string, answer: string): Promise<void> {
  // An address by router advertisements comes when it comes.
  const looked = async (): Promise<string> => {
    const found = (await lookUp(world, what)).split(' ');
    return found.filter((each) => answer.includes(':') || !each.includes(':')).join(' ');
  };
  await eventually(30, async () => ((await looked()) === answer ? true : undefined)).catch(() => undefined);
  t.is(await looked(), answer);
}

rooted('containers reach each other by address and by name, IPv4 and IPv6', async (t) => {
  const world = await makeWorld(t);
  for (const name of ['u1', 'u2']) addNeighbour(world, name);
  const first = await startNeighbour(world, 'u1');
  const second = await startNeighbour(world, 'u2');
  t.regex(first, /^10\.0\.4\.\d+$/);
  t.not(first, second);
  await inside(world, 'u1', `ping -c 1 -W 5 ${second} && ping -4 -c 1 -W 5 u2 && ping -4 -c 1 -W 5 u2.tlxc`);
  await inside(world, 'u2', `ping -c 1 -W 5 ${first} && ping -4 -c 1 -W 5 u1`);
  const global = "ip -6 -o addr show eth0 scope global | sed 's/.*inet6 //; s,/.*,,'";
  const address = await eventually(30, async () => (await inside(world, 'u2', global)) || undefined);
  await inside(
    world,
    'u1',
    `for i in 1 2 3 4 5; do ping -c 1 -W 2 ${address} && exit; sleep 1; done; exit 1`,
  );
  await eventually(30, async () => ((await lookUp(world, 'u2.tlxc')).includes(address) ? true : undefined));
  await inside(world, 'u1', 'ping -6 -c 1 -W 5 u2');
  t.is(await lookUp(world, first), 'u1.tlxc');
  t.is(await lookUp(world, address), 'u2.tlxc');
});

rooted('a container is known by its own name, whatever it claims', async (t) => {
  const world = await makeWorld(t);
  for (const name of ['u1', 'bad']) addNeighbour(world, name);
  const [first, bad] = [await startNeighbour(world, 'u1'), await startNeighbour(world, 'bad')];
  // By its name, its address, and the identifier that it sends.
  const words = [
    `-x hostname:u1 -F u1.tlxc -r ${first}`,
    `-x 0x3d:01${(await inside(world, 'u1', 'cat /sys/class/net/eth0/address')).replaceAll(':', '')}`,
    '-x hostname:_gateway',
  ];
  for (const claim of words) t.is(await askDhcp(world, 'bad', claim), bad);
  t.is((await lookUp(world, 'u1.tlxc')).split(' ')[0], first);
  t.is(await lookUp(world, bad), 'bad.tlxc');
  t.is(await lookUp(world, '_gateway.tlxc').then((answer) => answer.split(' ')[0]), '10.0.4.1');
});

rooted('addresses outlive the container, dnsmasq, the bridge and the host', async (t) => {
  const world = await makeWorld(t);
  addNeighbour(world, 'u1');
  const address = await startNeighbour(world, 'u1');
  const again = async (what: string): Promise<void> => {
    await world.sh(`tlxc-stop -k -n u1; ${what}`);
    t.is(await startNeighbour(world, 'u1'), address, what);
    await known(t, world, 'u1', address);
  };
  await again('true');
  await again('kill -9 $(cat $(dirname $TLXC_CONF)/run/network/dnsmasq.pid)');
  await again('ip link delete tlxcbr0');
  await again('tlxc-net stop');
  // What a reboot takes away, and a lease that its client gave back.
  await again('tlxc-net stop; rm -rf run/network run.names state/network/dnsmasq.leases');
});

rooted('configured addresses have names, forward and reverse, while the container runs', async (t) => {
  const world = await makeWorld(t);
  const lines = [
    'ipv4.address = 10.0.4.50/24',
    'ipv6.address = fd44::50/64',
    'hwaddr = 10:66:6a:00:00:50',
  ].map((line) => `lxc.net.0.${line}`);
  addNeighbour(world, 'u1', lines);
  await world.sh('tlxc-start -n u1');
  await known(t, world, 'u1.tlxc', '10.0.4.50 fd44::50');
  t.is(await lookUp(world, '10.0.4.50'), 'u1.tlxc');
  t.is(await lookUp(world, 'fd44::50'), 'u1.tlxc');
  await world.sh('tlxc-attach -n u1 -- sh -c "kill -TERM 1"');
  await known(t, world, 'u1', '10.0.4.50 fd44::50');
  await world.sh('tlxc-stop -k -n u1');
  await known(t, world, 'u1.tlxc', '');
  t.is(await startNeighbour(world, 'u1'), '10.0.4.50', 'DHCP agrees');
});

rooted('what a killed monitor leaves of a name is gone with the next command', async (t) => {
  const world = await makeWorld(t);
  addNeighbour(world, 'u1', ['lxc.net.0.ipv4.address = 10.0.4.50/24']);
  await world.sh('tlxc-start -n u1');
  await known(t, world, 'u1', '10.0.4.50');
  const { pid, init } = JSON.parse(
    await world.sh(`jq -c '{pid: .monitorPid, init: .initPid}' run/*/u1/instance.json`),
  ) as { pid: number; init: number };
  await world.sh(`kill -9 ${pid}; kill -9 ${init} 2>/dev/null || true`);
  await world.run('tlxc-stop', '-n', 'u1');
  await known(t, world, 'u1', '');
  await world.sh('tlxc-start -n u1');
  await known(t, world, 'u1', '10.0.4.50');
});

const lease = (what: string): string => `tlxc.net.0.${what}`;

rooted('tlxc.net.N.ipv4.lease is what DHCP gives', async (t) => {
  const world = await makeWorld(t);
  addNeighbour(world, 'u1', [lease('ipv4.lease = 10.0.4.77')]);
  t.is(await startNeighbour(world, 'u1'), '10.0.4.77');
  addNeighbour(world, 'u2', [lease('ipv4.lease = 10.0.4.77')]);
  const { code, stderr } = await world.run('tlxc-start', '-n', 'u2');
  t.is(code, 1);
  t.regex(stderr, /u2\/config:\d+.*ipv4\.lease: it is u1's already/);
  // One that was drawn yields to one that is asked for, unless it is in use.
  addNeighbour(world, 'u3');
  const drawn = await startNeighbour(world, 'u3');
  addNeighbour(world, 'u4', [lease(`ipv4.lease = ${drawn}`)]);
  const busy = await world.run('tlxc-start', '-n', 'u4');
  t.is(busy.code, 1);
  t.regex(busy.stderr, /it is u3's already[^]*hint: .*stop u3/);
  await world.sh('tlxc-stop -k -n u3');
  t.is(await startNeighbour(world, 'u4'), drawn);
  const other = await startNeighbour(world, 'u3');
  t.not(other, drawn);
  await known(t, world, 'u3', other);
});

for (const [line, said] of [
  ['ipv4.lease = 10.9.0.7', /it is no address of the network of tlxcbr0, 10\.0\.4\.0\/24/],
  ['ipv4.lease = 10.0.4.255', /it is no address of the network/],
  ['ipv4.lease = 10.0.4.1', /it is tlxcbr0's own address/],
  ['ipv6.lease = fd00::7', /it is no address of the network of tlxcbr0, fd/],
] as const)
  rooted(`${line} is refused with its line`, async (t) => {
    const world = await makeWorld(t);
    addNeighbour(world, 'u1', [lease(line)]);
    const { code, stderr } = await world.run('tlxc-start', '-n', 'u1');
    t.is(code, 1);
    t.regex(stderr, said);
    t.regex(stderr, /u1\/config:\d+/);
  });

rooted('a lease on another bridge is refused', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1', { config: [...on('br1'), lease('ipv4.lease = 10.0.4.7')] });
  const { code, stderr } = await world.run('tlxc-start', '-n', 'u1');
  t.is(code, 1);
  t.regex(stderr, /DHCP of TLXC's serves tlxcbr0 only: it needs lxc\.net\.0\.link = tlxcbr0/);
});

rooted('copies, renames and destruction: every name is that of the container that has it', async (t) => {
  const world = await makeWorld(t);
  addNeighbour(world, 'u1', ['lxc.net.0.hwaddr = 10:66:6a:00:00:01', lease('ipv4.lease = 10.0.4.77')]);
  await startNeighbour(world, 'u1');
  await world.sh('tlxc-stop -k -n u1; tlxc-copy -n u1 -N u2');
  const copied = await startNeighbour(world, 'u2');
  t.not(copied, '10.0.4.77');
  await known(t, world, 'u2', copied);
  await world.sh('tlxc-copy -R -n u1 -N web');
  t.is(await lookUp(world, 'u1'), '');
  t.is(await startNeighbour(world, 'web'), '10.0.4.77');
  await known(t, world, 'web', '10.0.4.77');
  t.is(await lookUp(world, '10.0.4.77'), 'web.tlxc');
  await world.sh('tlxc-destroy -f -n web');
  t.is(await lookUp(world, 'web'), '');
  addNeighbour(world, 'u3', [lease('ipv4.lease = 10.0.4.77')]);
  t.is(await startNeighbour(world, 'u3'), '10.0.4.77');
});

rooted('who comes while one of its name is destroyed keeps its name and address', async (t) => {
  const world = await makeWorld(t);
  const lines = ['lxc.net.0.hwaddr = 10:66:6a:00:00:01', lease('ipv4.lease = 10.0.4.77')];
  addNeighbour(world, 'u1', lines);
  await world.sh('tlxc-start -n u1; tlxc-stop -k -n u1');
  // Nothing can be given up until this one ends.
  const holder = world.spawn('flock', join(world.stateDir, 'network/.lock'), 'sh', '-c', 'echo held; cat');
  await once(holder.stdout, 'data');
  const destroyed = world.run('tlxc-destroy', '-n', 'u1');
  await eventually(30, () => Promise.resolve(existsSync(join(world.lxcpath, 'u1')) ? undefined : true));
  addNeighbour(world, 'u1', lines);
  const started = world.run('tlxc-start', '-n', 'u1');
  await Promise.race([started, sleep(1500)]);
  holder.stdin.end();
  t.is((await destroyed).code, 0);
  const { code, stderr } = await started;
  t.is(code, 0, stderr);
  t.is(await askDhcp(world, 'u1'), '10.0.4.77');
  await known(t, world, 'u1', '10.0.4.77');
});

rooted('destruction and renaming go on where DHCP and DNS cannot be told of them', async (t) => {
  const world = await makeWorld(t);
  for (const name of ['u1', 'u2']) {
    addNeighbour(world, name);
    await world.sh(`tlxc-start -n ${name}; tlxc-stop -k -n ${name}`);
  }
  await world.sh('mount --bind state/network state/network; mount -o remount,bind,ro state/network');
  const destroyed = await world.run('tlxc-destroy', '-n', 'u1');
  const renamed = await world.run('tlxc-copy', '-R', '-n', 'u2', '-N', 'web');
  await world.sh('umount state/network');
  t.is(destroyed.code, 0, destroyed.stderr);
  t.regex(destroyed.stderr, /u1: warning: .*still know u1: .*read-only.*tlxc-net restart/);
  t.deepEqual(readdirSync(join(world.lxcpath, '.trash')), []);
  t.is(renamed.code, 0, renamed.stderr);
  t.regex(renamed.stderr, /u2: warning: .*not told that u2 is web now: .*read-only.*next start of web/);
  await world.sh('tlxc-net restart');
  t.notRegex(await world.sh('tlxc-net status'), /Container: +u1/);
  const address = await startNeighbour(world, 'web');
  await known(t, world, 'web', address);
});

rooted('DHCP and DNS go on where a lease cannot be forgotten', async (t) => {
  const world = await makeWorld(t);
  addNeighbour(world, 'u1');
  addNeighbour(world, 'u2');
  await startNeighbour(world, 'u1');
  const address = await startNeighbour(world, 'u2');
  // A mount can be written, but not replaced; dnsmasq keeps it open.
  const leases = 'state/network/dnsmasq.leases';
  await world.sh(`mount --bind ${leases} ${leases}`);
  const { code, stderr } = await world.run('tlxc-destroy', '-f', '-n', 'u1');
  await world.sh(`umount --lazy ${leases}`);
  t.is(code, 0, stderr);
  t.regex(stderr, /warning: .*still know u1: .*busy/);
  await known(t, world, 'u2', address);
});

rooted('two containers of one name: the first has it', async (t) => {
  const world = await makeWorld(t);
  addNeighbour(world, 'u1');
  const address = await startNeighbour(world, 'u1');
  await world.sh('mkdir other && cp -a lxc/u1 other/ && sed -i s,/lxc/u1,/other/u1, other/u1/config');
  const { code, stderr } = await world.run('tlxc-start', '-P', join(world.dir, 'other'), '-n', 'u1');
  t.is(code, 0, stderr);
  t.regex(stderr, /u1 has no name in the bridge's DNS: u1 of \S+\/lxc had it first/);
  await known(t, world, 'u1', address);
  await world.sh('tlxc-stop -k -P $PWD/other -n u1');
});

rooted('a container that went without a word holds neither its name nor its address', async (t) => {
  const world = await makeWorld(t);
  addNeighbour(world, 'u1', [lease('ipv4.lease = 10.0.4.77')]);
  await world.sh('tlxc-start -n u1; tlxc-stop -k -n u1');
  rmSync(join(world.lxcpath, 'u1'), { recursive: true });
  addNeighbour(world, 'u2', [lease('ipv4.lease = 10.0.4.77')]);
  t.is(await startNeighbour(world, 'u2'), '10.0.4.77');
});

rooted('where nothing can be written the container starts all the same', async (t) => {
  const world = await makeWorld(t);
  addNeighbour(world, 'u1');
  await world.sh('tlxc-net start');
  writeFileSync(join(world.stateDir, 'network/reservations.json'), '{}');
  await world.sh('mount --bind -o ro state state');
  const { code, stderr } = await world.run('tlxc-start', '-n', 'u1');
  await world.sh('umount state');
  t.is(code, 0, stderr);
  t.regex(stderr, /warning: .*DHCP and DNS are not told of u1: .*read-only/i);
});

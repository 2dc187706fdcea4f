import type { ExecutionContext } from 'ava';
import { addBusybox } from '../rig/containers.ts';
import { eventually } from '../rig/eventually.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox', 'bridge', 'dnsmasq', 'nftables');

const connected = ['type = veth', 'link = tlxcbr0', 'flags = up'].map((line) => `lxc.net.0.${line}`);

interface Status {
  readonly up: boolean;
  readonly ports: readonly string[];
  readonly dnsmasqPid: number | null;
}

async function start(t: ExecutionContext, world: World, name: string): Promise<Status> {
  addBusybox(world, name, { config: [...connected, `lxc.net.0.hwaddr = 10:66:6a:00:01:0${name.at(-1)}`] });
  const { code, stderr } = await world.run('tlxc-start', '-n', name);
  t.is(code, 0, stderr);
  t.is(stderr, '');
  return JSON.parse((await world.run('tlxc-net', 'status', '--json')).stdout) as Status;
}

rooted('the first container that needs the bridge brings it up', async (t) => {
  const world = await makeWorld(t);
  const status = await start(t, world, 'c1');
  t.true(status.up);
  t.is(status.ports.length, 1);
});

rooted('a new container has an address of either family, and no more to do for it', async (t) => {
  const world = await makeWorld(t);
  await world.sh('tlxc-create -n c1 -t busybox 2>/dev/null; tlxc-start -n c1');
  const shown = await eventually(30, async () => {
    const found = await world.sh('tlxc-info -n c1 -iH');
    return found.includes(':') && found.includes('.') ? found : undefined;
  });
  t.regex(shown, /^10\.0\.4\.\d+$/m);
  t.regex(shown, /^fd[0-9a-f:]+$/m);
});

rooted('what was taken away comes back with the next start, and who ran is connected again', async (t) => {
  const world = await makeWorld(t);
  await start(t, world, 'c1');
  await world.sh('ip link delete tlxcbr0');
  const bridgeBack = await start(t, world, 'c2');
  t.true(bridgeBack.up);
  t.is(bridgeBack.ports.length, 2);
  const [port] = bridgeBack.ports;
  await world.sh(`ip link set ${port} nomaster`);
  const examined = await world.run('tlxc-doctor');
  t.regex(examined.stdout, new RegExp(`problem +${port} of running containers[^]*mend: tlxc-net start`));
  await world.sh('tlxc-net start');
  t.notRegex((await world.run('tlxc-doctor')).stdout, /of running containers/);
  await world.sh('nft flush ruleset');
  t.true((await start(t, world, 'c3')).up);
  await world.sh(`kill ${bridgeBack.dnsmasqPid}; ip address flush dev tlxcbr0 scope global`);
  t.true((await start(t, world, 'c4')).up);
});

rooted('a bridge that cannot be completed is a warning, and the container starts', async (t) => {
  const world = await makeWorld(t);
  await world.sh(
    'ip link add tlxcbr0 type bridge && ip link add other0 type bridge && ip address add 10.0.4.9/24 dev other0',
  );
  addBusybox(world, 'c1', { config: connected });
  const { code, stderr } = await world.run('tlxc-start', '-n', 'c1');
  t.is(code, 0);
  t.regex(
    stderr,
    /warning: the bridge tlxcbr0 is not complete, c1 may have no address: the network 10\.0\.4\.0\/24 is already that of other0/,
  );
  await world.sh('tlxc-stop -k -n c1; ip link delete other0; ip link delete tlxcbr0');
});

rooted('with tlxc.bridge.auto = 0 the bridge is left alone', async (t) => {
  const world = await makeWorld(t, { settings: ['tlxc.bridge.auto = 0'] });
  addBusybox(world, 'c1', { config: connected });
  const { code, stderr } = await world.run('tlxc-start', '-n', 'c1');
  t.is(code, 1);
  t.regex(stderr, /tlxcbr0.*no such device[^]*tlxc-net start/);
});

rooted('an address outlives the bridge', async (t) => {
  const world = await makeWorld(t);
  const lease = 'sh -c "udhcpc -q -n -t 5 -i eth0 -s /bin/true 2>&1 | grep -o \\"lease of [0-9.]*\\""';
  await start(t, world, 'c1');
  const first = await world.sh(`tlxc-attach -n c1 -- ${lease}`);
  await world.sh('tlxc-stop -k -n c1; tlxc-net stop; tlxc-start -n c1');
  t.is(await world.sh(`tlxc-attach -n c1 -- ${lease}`), first);
});

/** A container in a network that is there already: a named namespace, another container's, a process's. */
import type { ExecutionContext } from 'ava';
import { networked } from '../../effects/networks.ts';
import { addBusybox } from '../../rig/containers.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const tested = requires(...networked);

/** The named namespace "lab" with an interface that has an address; c0, which runs; a process in a third. */
async function furnish(t: ExecutionContext, world: World): Promise<Readonly<Record<string, string>>> {
  await world.furnish(`mkdir -p /run/netns; mount -t tmpfs tmpfs /run/netns; ip netns add lab
    ip -n lab link add lab0 type dummy || ip -n lab link add lab0 type veth peer name lab1
    ip -n lab addr add 10.44.0.1/24 dev lab0`);
  addBusybox(world, 'c0');
  await world.sh('tlxc-start -n c0');
  world.spawn('unshare', '--net', 'sh', '-c', `echo $$ >pid; exec sleep 1000`);
  const pid = (await world.sh('until [ -s pid ]; do sleep 0.02; done; cat pid')).trim();
  t.teardown(() => world.sh(`kill ${pid}; umount -l /run/netns`));
  return { 'a name below /run/netns': '/run/netns/lab', 'another container': 'c0', 'a process': pid };
}

async function networkOf(world: World, wanted: string): Promise<string> {
  const file = wanted.startsWith('/')
    ? wanted
    : wanted === 'c0'
      ? '/proc/$(tlxc-info -n c0 -pH)/ns/net'
      : `/proc/${wanted}/ns/net`;
  return (await world.sh(`stat -L -c %i ${file}`)).trim();
}

for (const privileged of [true, false])
  tested(
    `${privileged ? 'a privileged' : 'an unprivileged'} container joins a network that is there`,
    async (t) => {
      const world = await makeWorld(t);
      for (const [what, wanted] of Object.entries(await furnish(t, world))) {
        const name = `s${wanted.replace(/\W/g, '')}`;
        addBusybox(world, name, {
          privileged,
          config: [`lxc.namespace.share.net = ${wanted}`, 'lxc.net.0.type ='],
        });
        const { code, stderr } = await world.run('tlxc-start', '-n', name);
        t.is(code, 0, `${what}: ${stderr}`);
        const own = await world.sh(`stat -L -c %i /proc/$(tlxc-info -n ${name} -pH)/ns/net`);
        t.is(own.trim(), await networkOf(world, wanted), what);
        await world.sh(`tlxc-attach -n ${name} -- ls /sys/class/net; tlxc-info -n ${name} --json`);
        await world.sh(`tlxc-stop -k -n ${name}`);
      }
      const told = await world.sh('ip -n lab -o addr show lab0');
      t.regex(told, /10\.44\.0\.1/, 'the namespace is as it was');
    },
  );

tested('its addresses are shown, whoever made the network', async (t) => {
  const world = await makeWorld(t);
  await furnish(t, world);
  addBusybox(world, 'c1', { config: ['lxc.namespace.share.net = /run/netns/lab', 'lxc.net.0.type ='] });
  await world.sh('tlxc-start -n c1');
  t.is(await world.sh('tlxc-info -n c1 -iH'), '10.44.0.1\n');
});

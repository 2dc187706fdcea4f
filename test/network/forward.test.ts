/** Ports and sockets of the host that lead into a container, as those who use them see it. */
import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { net, networked } from '../effects/networks.ts';
import { addBusybox, type ContainerOptions } from '../rig/containers.ts';
import { eventually } from '../rig/eventually.ts';
import { rigProgram } from '../rig/programs.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const tested = requires(...networked);

const peer = rigProgram('peer');

/** A container whose init keeps services at these ends running: "tcp 0.0.0.0 80". */
function addService(
  world: World,
  name: string,
  ends: readonly string[],
  { config = [], ...options }: ContainerOptions = {},
): void {
  addBusybox(world, name, { ...options, config: [...net('empty').slice(0, 1), ...config] });
  const rootfs = join(world.lxcpath, name, 'rootfs');
  copyFileSync(peer, join(rootfs, 'bin/peer'));
  chmodSync(join(rootfs, 'bin/peer'), 0o755);
  const inittab = `::sysinit:/bin/true\n::respawn:/bin/peer serve ${ends.join(' ')}\n::shutdown:/bin/true\n`;
  writeFileSync(join(rootfs, 'etc/inittab'), inittab);
}

const forward = (line: string): string => `tlxc.net.0.forward = ${line}`;

const say = async (world: World, end: string): Promise<string> => {
  const { code, stdout } = await world.run(peer, 'say', ...end.split(' '), 'hello');
  return code === 0 ? stdout : `exit ${code}`;
};

/** The answer, once the service is up. */
const heard = (world: World, end: string): Promise<string> =>
  eventually(10, async () => {
    const answer = await say(world, end);
    return answer.startsWith('exit') ? undefined : answer;
  });

async function world(t: ExecutionContext): Promise<World> {
  const made = await makeWorld(t);
  await made.furnish(
    'ip link set lo up; ip link add dum0 type dummy 2>/dev/null || ip link add dum0 type veth peer name dum1;' +
      'ip addr add 10.6.0.1/24 dev dum0; ip addr add fd06::1/64 dev dum0 nodad; ip link set dum0 up',
  );
  return made;
}

tested('a port leads in from every address of the host, over TCP and UDP, to whoever listens', async (t) => {
  const w = await world(t);
  const services = [
    'tcp 0.0.0.0 80',
    'tcp ::1 81',
    'tcp 127.0.0.1 82',
    'tcp :: 83',
    'udp 127.0.0.1 53',
    'udp ::1 54',
  ];
  const lines = ['tcp 8080-8083 -> 80-83', 'udp 5353 -> 53', 'udp 5354 -> 54'];
  addService(w, 'c1', services, { config: lines.map(forward) });
  await w.sh('tlxc-start -n c1');
  for (const address of ['127.0.0.1', '127.0.0.7', '::1', '10.6.0.1', 'fd06::1']) {
    t.is(await heard(w, `tcp ${address} 8080`), 'tcp 0.0.0.0 80: hello');
    t.is(await heard(w, `tcp ${address} 8081`), 'tcp ::1 81: hello');
    t.is(await heard(w, `tcp ${address} 8082`), 'tcp 127.0.0.1 82: hello');
    t.is(await heard(w, `tcp ${address} 8083`), 'tcp :: 83: hello');
    t.is(await heard(w, `udp ${address} 5353`), 'udp 127.0.0.1 53: hello');
    t.is(await heard(w, `udp ${address} 5354`), 'udp ::1 54: hello');
  }
  const { forwards } = JSON.parse(await w.sh('tlxc-info -n c1 --json')) as { forwards: unknown[] };
  t.deepEqual(forwards.at(-1), { listen: 'udp 5354', connect: '54', live: false });
  await w.sh('tlxc-stop -k -n c1');
  t.is(await say(w, 'tcp 127.0.0.1 8080'), 'exit 2');
  t.is(await say(w, 'udp ::1 5354'), 'exit 2');
});

/** Containers with services that the host's ports lead to, and who speaks with them. */
import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { net } from '../effects/networks.ts';
import { addBusybox, type ContainerOptions } from '../rig/containers.ts';
import { eventually } from '../rig/eventually.ts';
import { rigProgram } from '../rig/programs.ts';
import { makeWorld, type World } from '../rig/world.ts';

export const peer = rigProgram('peer');

/** A container whose init keeps services at these ends running: "tcp 0.0.0.0 80". */
export function addService(
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

/** A line of the configuration. */
export const forward = (line: string): string => `tlxc.net.0.forward = ${line}`;

/** What is answered there, or "exit" and peer's status. */
export const say = async (world: World, end: string): Promise<string> => {
  const { code, stdout } = await world.run(peer, 'say', ...end.split(' '), 'hello');
  return code === 0 ? stdout : `exit ${code}`;
};

/** The answer, once the service is up. */
export const heard = (world: World, end: string): Promise<string> =>
  eventually(30, async () => {
    const answer = await say(world, end);
    return answer.startsWith('exit') ? undefined : answer;
  });

/** A Unix socket that nobody listens on, as a process that was killed leaves one. */
export const abandon = (world: World, path: string): Promise<string> =>
  world.sh(
    `${peer} serve unix ${path} - & until test -S ${path}; do sleep 0.02; done; kill -KILL $!; wait $! || true`,
  );

/** A world whose loopback is up, and that has an address of either family. */
export async function world(t: ExecutionContext): Promise<World> {
  const made = await makeWorld(t);
  await made.furnish(
    'ip link set lo up; ip link add dum0 type dummy 2>/dev/null || ip link add dum0 type veth peer name dum1;' +
      'ip addr add 10.6.0.1/24 dev dum0; ip addr add fd06::1/64 dev dum0 nodad; ip link set dum0 up',
  );
  return made;
}

/** The pid of c1's proxies. */
export const proxies = async (w: World): Promise<string[]> =>
  (
    await w.sh(
      "for each in /proc/[0-9]*; do tr '\\0' ' ' <$each/cmdline 2>/dev/null | grep -q '^.tlxc proxy. .* c1 ' && echo ${each#/proc/}; done; true",
    )
  )
    .split('\n')
    .filter(Boolean);

/** Keys of src/config/registry/system.ts that act while a container runs: environment, syslog. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { World } from '../../rig/world.ts';
import { eventually } from '../../rig/eventually.ts';
import { boot, type Effect } from '../effect.ts';

const BUSYBOX = ['root', 'userns', 'idmap', 'busybox'] as const;

/** A script of the host's; what it gets goes into a file. */
export function script(world: World, name: string, text: string): string {
  const path = join(world.dir, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** Who has the variable WHERE: init, an attached command, a hook in the container's namespaces, a hook on the host. */
async function whoHas(world: World, key: string): Promise<Record<string, boolean>> {
  const child = script(world, 'child', `echo "$WHERE" > ${world.dir}/told/child`);
  const host = script(world, 'host', `echo "$WHERE" > ${world.dir}/told/host`);
  await world.sh('mkdir -m 777 told'); // the container's root writes there
  const config = [`${key} = WHERE=here`, `lxc.hook.mount = ${child}`, `lxc.hook.start-host = ${host}`];
  const { inside } = await boot(world, config);
  const has = (text: string) => text.includes('here');
  return {
    init: has(await inside("tr '\\0' '\\n' < /proc/1/environ")),
    attached: has(await inside('echo "$WHERE"')),
    child: has(await world.sh('cat told/child')),
    host: has(await world.sh('cat told/host')),
  };
}

/** Starts c1 where /dev has nothing but what a start needs, and a log if somebody listens at it. */
export async function startWithDev(world: World, listener: string): Promise<string> {
  const dev = join(world.dir, 'dev');
  mkdirSync(dev);
  for (const name of ['null', 'zero', 'full', 'random', 'urandom', 'tty'])
    await world.sh(`cp -a /dev/${name} ${dev}/`);
  await world.sh(`mkdir ${dev}/pts ${dev}/shm && ln -s /proc/self/fd ${dev}/fd`);
  const mounts = `mount --bind /dev/pts ${dev}/pts; mount --rbind ${dev} /dev`;
  const { stderr } = await world.run(
    'unshare',
    '--mount',
    'sh',
    '-ec',
    `${mounts}; ${listener}; tlxc-start c1`,
  );
  return stderr;
}

/** Writes the first datagram to /dev/log into syslog.out; without one it ends after 20 seconds. */
export const SYSLOG =
  `perl -MSocket -e 'alarm 20; socket(S, AF_UNIX, SOCK_DGRAM, 0); bind(S, pack_sockaddr_un("/dev/log")) or die; ` +
  `open(O, ">", "ready"); close(O); recv(S, $_, 9999, 0); open(O, ">", "syslog.out"); print O; close(O)' & ` +
  `until [ -e ready ]; do sleep 0.02; done`;

export const running: readonly Effect[] = [
  {
    key: 'lxc.environment',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const has = await whoHas(world, 'lxc.environment');
      t.deepEqual(has, { init: true, attached: true, child: true, host: false });
    },
  },
  {
    key: 'lxc.environment.runtime',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const has = await whoHas(world, 'lxc.environment.runtime');
      t.deepEqual(has, { init: true, attached: true, child: false, host: false });
    },
  },
  {
    key: 'lxc.environment.hooks',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const has = await whoHas(world, 'lxc.environment.hooks');
      t.deepEqual(has, { init: false, attached: false, child: true, host: false });
    },
  },
  {
    key: 'lxc.log.syslog',
    needs: BUSYBOX,
    seen: async (t, world) => {
      await boot(world, ['lxc.log.syslog = local3', 'lxc.log.level = INFO']);
      await world.sh('tlxc-stop -k c1');
      await startWithDev(world, SYSLOG);
      // local3 is 19, INFO 6: 19 * 8 + 6.
      const said = await eventually(30, async () => (await world.sh('cat syslog.out || true')) || undefined);
      t.regex(said, /^<158>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d tlxc\[\d+\]: c1: state STARTING$/);
    },
  },
];

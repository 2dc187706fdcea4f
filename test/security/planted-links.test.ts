/** A root filesystem whose owner has put links where a start mounts and makes things. None leads to the host's files. */
import { mkdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';
import { createContainer, type Profile } from './attacks.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox', 'seccomp');

interface Trap {
  readonly world: World;
  readonly rootfs: string;
  /** A directory of the host that everybody may write to. */
  readonly victim: string;
  /** Everything in it, with its owner, mode and content. */
  readonly look: () => Promise<string>;
}

async function makeTrap(t: ExecutionContext, profile: Profile, config: readonly string[]): Promise<Trap> {
  const world = await makeWorld(t);
  const victim = join(world.dir, 'victim');
  mkdirSync(victim);
  writeFileSync(join(victim, 'file'), 'untouched');
  await world.sh(`mkdir -p ${victim}/pts ${world.dir}/shared/below; chmod -R 777 ${victim}`);
  const entry = `lxc.mount.entry = ${world.dir}/shared mnt/in/entry none bind,create=dir 0 0`;
  await createContainer(world, 'c1', profile, { config: [entry, ...config] });
  const look = () =>
    world.sh(
      `find ${victim} -printf '%P %U %m %y ' -type f -exec cat {} + ; grep -c victim /proc/self/mountinfo || true`,
    );
  return { world, victim, look, rootfs: join(world.lxcpath, 'c1/rootfs') };
}

/** Starts the container for as long as its init takes to say what is mounted; "" where it refuses to start. */
async function mountsOf({ world }: Trap): Promise<{ mounts: string; error: string }> {
  const started = await world.run('tlxc-start', '-F', '-n', 'c1', '--', '/bin/cat', '/proc/self/mountinfo');
  return { mounts: started.stdout, error: started.stderr };
}

const PLACES = [
  ...[
    'dev',
    'dev/pts',
    'dev/console',
    'dev/ptmx',
    'dev/shm',
    'dev/mqueue',
    'dev/null',
    'dev/lxc',
    'dev/tty1',
  ],
  ...['proc', 'sys', 'run', 'run/lock', 'tmp', 'mnt', 'mnt/in', 'mnt/in/entry'],
];

for (const profile of ['u2', 'p3'] as const) {
  for (const autodev of [1, 0]) {
    rooted(`${profile}: links for mount points lead nowhere, lxc.autodev = ${autodev}`, async (t) => {
      const trap = await makeTrap(t, profile, [`lxc.autodev = ${autodev}`]);
      const before = await trap.look();
      for (const [index, place] of PLACES.entries()) {
        const path = join(trap.rootfs, place);
        const climbing = `${'../'.repeat(12)}${trap.victim.slice(1)}`;
        const to =
          [trap.victim, climbing, `/proc/self/root${trap.victim}`, `/proc/1/cwd/${climbing}`][index % 4] ??
          '';
        rmSync(path, { recursive: true, force: true });
        mkdirSync(dirname(path), { recursive: true });
        symlinkSync(to, path);
        const { mounts, error } = await mountsOf(trap);
        t.notRegex(mounts, /victim/, place);
        if (mounts === '') t.regex(error, /^tlxc-start: c1: .*symbolic link/, place);
        t.is(await trap.look(), before, place);
        t.is(readlinkSync(path), to, place);
        rmSync(path);
        if (!place.startsWith('dev/')) mkdirSync(path);
      }
    });
  }
}

for (const profile of ['u2', 'p3'] as const)
  rooted(`${profile}: what the kernel shows is mounted at its own place, or nothing runs`, async (t) => {
    const { world, rootfs } = await makeTrap(t, profile, []);
    await world.sh(`mkdir -p ${rootfs}/elsewhere/self ${rootfs}/elsewhere/sys`);
    for (const place of ['dev', 'proc', 'sys']) {
      // It leads nowhere out; but who believes that /proc is the kernel's would read what an image says.
      await world.sh(`cd ${rootfs}; rm -rf ${place}; ln -s elsewhere ${place}`);
      const started = await world.run('tlxc-start', '-F', '-n', 'c1', '--', '/bin/echo', 'ran');
      t.is(started.stdout, '', place);
      t.regex(started.stderr, /^tlxc-start: c1: .*symbolic link/, place);
      await world.sh(`cd ${rootfs}; rm ${place}; mkdir ${place}`);
    }
    t.regex((await world.run('tlxc-start', '-F', '-n', 'c1', '--', '/bin/echo', 'ran')).stdout, /^ran\r?$/m);
  });

/** The numbers of the groups of mounts in which each passes on to the others what is mounted on it. */
const peerGroups = (mountinfo: string): string[] => mountinfo.match(/(?<= shared:)\d+/g) ?? [];

for (const profile of ['u2', 'full'] as const) {
  rooted(`${profile}: mounts stay on the side where they were made`, async (t) => {
    const { world, rootfs } = await makeTrap(t, profile, []);
    await world.sh('tlxc-start -n c1');
    const before = await world.sh('cat /proc/self/mountinfo');
    const points = '/dev/full /dev/zero /dev/pts /proc /sys /tmp /mnt/in/entry /mnt/in/entry/below';
    const line = `for each in ${points}; do f=/var; [ -d $each ] || f=/etc/passwd; mount --bind $f $each; done`;
    await world.sh(`tlxc-attach -n c1 -- sh -c '${line}; umount /proc; cat /proc/mounts > /dev/null'`);
    t.is(await world.sh('cat /proc/self/mountinfo'), before);
    const inside = await world.sh('tlxc-attach -n c1 -- cat /proc/self/mountinfo');
    t.regex(inside, / \/dev\/full /);
    const shared = new Set(peerGroups(before));
    t.deepEqual(
      peerGroups(inside).filter((group) => shared.has(group)),
      [],
    );
    await world.sh(`mkdir ${rootfs}/outer; mount -t tmpfs outer-mount ${rootfs}/outer`);
    t.notRegex(await world.sh('tlxc-attach -n c1 -- cat /proc/self/mountinfo'), /outer-mount/);
    await world.sh(`umount ${rootfs}/outer`);
  });
}

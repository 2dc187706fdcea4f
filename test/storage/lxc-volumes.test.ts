/** Containers on btrfs and in image files that Debian's lxc made, kept or copied, with TLXC's tools, and the other way round. */
import type { ExecutionContext } from 'ava';
import { addFilesystem } from '../rig/filesystem.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const onBtrfs = requires('root', 'lxc', 'busybox', 'overlay', 'btrfs');
const looped = requires('root', 'lxc', 'busybox', 'overlay', 'loop');

/**
 * LXC's commands take their store from -P alone, and their configuration from what is told. LXC takes the first loop device that is
 * free, and gives up where somebody was quicker, as other test files are: then, which its log tells, it is asked again.
 */
const ASK_LXC = (store: string): string => `lxc() {
  program=$1; shift
  for try in 1 2 3 4 5 6 7 8; do
    rm -f lxc.log
    "$program" -P ${store} -o lxc.log -l ERROR "$@" && return
    grep -q 'Device or resource busy - Failed to set loop fd' lxc.log || return 1
  done
  return 1
}
`;

const lxc = (world: World, line: string): Promise<string> =>
  world.sh(ASK_LXC(world.lxcpath) + line.replaceAll(/lxc-\w+/g, (program) => `lxc ${program}`));

/** What a line of shell prints in the container, started by either tool. */
const inside = (world: World, tool: 'lxc' | 'tlxc', name: string, line: string): Promise<string> => {
  const which = `-P ${world.lxcpath} -n ${name}`;
  const start = tool === 'lxc' ? 'lxc lxc-start' : `tlxc-start -P ${world.lxcpath}`;
  return world.sh(
    `${ASK_LXC(world.lxcpath)}${start} -n ${name} -s lxc.apparmor.profile=unconfined && ${tool}-attach ${which} -- sh -c '${line}'; ${tool}-stop -k ${which}`,
  );
};

/** A privileged one of TLXC's, that LXC can read where TLXC's own profile is not installed. */
const MAKE = (how: string): string =>
  `tlxc-create -n v1 -t busybox -f seed --privileged ${how} && sed -i s,/usr/share/tlxc/,/usr/share/lxc/, lxc/v1/config`;

const SEED = "printf 'lxc.net.0.type = empty\\n' > seed";

/** One that lxc-create made. */
async function fromLxc(t: ExecutionContext, world: World, how: string): Promise<void> {
  await world.sh(SEED);
  await lxc(world, `lxc-create -n u1 -t busybox -f seed ${how}`);
  t.is(await inside(world, 'tlxc', 'u1', 'echo one > /root/note; hostname'), 'u1\n');
  await world.sh('tlxc-copy -n u1 -N u2 && tlxc-snapshot -n u1');
  t.is(await inside(world, 'tlxc', 'u1', 'echo two > /root/note; echo ok'), 'ok\n');
  await world.sh('tlxc-snapshot -n u1 -r snap0 && tlxc-snapshot -n u1 -r snap0 -N u3');
  for (const tool of ['tlxc', 'lxc'] as const)
    for (const name of ['u1', 'u2', 'u3'])
      t.is(await inside(world, tool, name, 'cat /root/note; hostname'), `one\n${name}\n`, `${tool} ${name}`);
}

/** What lxc-copy and lxc-snapshot make of those. */
async function copiedByLxc(t: ExecutionContext, world: World): Promise<void> {
  await lxc(world, 'lxc-copy -n u2 -N u4 && lxc-snapshot -n u1');
  t.is(await inside(world, 'tlxc', 'u4', 'cat /root/note; hostname; echo four > /root/note'), 'one\nu4\n');
  t.regex(await world.sh('tlxc-snapshot -n u1 -L'), /^snap0 .*\nsnap1 .*\n$/);
  await world.sh('tlxc-snapshot -n u1 -r snap1 && tlxc-copy -n u4 -N u5 && tlxc-snapshot -n u4');
  t.is(await inside(world, 'tlxc', 'u1', 'cat /root/note'), 'one\n');
  t.is(await inside(world, 'tlxc', 'u5', 'cat /root/note'), 'four\n');
  await lxc(world, 'lxc-snapshot -n u4 -r snap0 -N u6');
  t.is(await inside(world, 'tlxc', 'u6', 'cat /root/note'), 'four\n');
}

async function destroyedByEither(t: ExecutionContext, world: World): Promise<void> {
  await lxc(world, 'lxc-destroy -s -n u1 && lxc-destroy -n u2 && lxc-destroy -s -n u4');
  for (const name of ['u3', 'u5', 'u6']) await world.sh(`tlxc-destroy -n ${name}`);
  t.is(await world.sh('ls lxc'), '');
}

onBtrfs('subvolumes of LXC, and of TLXC', async (t) => {
  const world = await makeWorld(t);
  await addFilesystem(world, { type: 'btrfs', at: world.lxcpath });
  await fromLxc(t, world, '-B btrfs');
  await copiedByLxc(t, world);
  await destroyedByEither(t, world);
  t.is(await world.sh('btrfs subvolume list lxc'), '');
  await world.sh(MAKE('-B btrfs'));
  t.is(await inside(world, 'lxc', 'v1', 'echo one > /root/note; hostname'), 'v1\n');
  await lxc(world, 'lxc-copy -n v1 -N v2 && lxc-snapshot -n v1');
  t.is(await inside(world, 'lxc', 'v2', 'cat /root/note; hostname'), 'one\nv2\n');
  await world.sh('tlxc-destroy -s -n v1');
  await lxc(world, 'lxc-destroy -n v2');
  t.is(await world.sh('btrfs subvolume list lxc; ls lxc'), '');
});

looped('image files of LXC, and of TLXC', async (t) => {
  const world = await makeWorld(t);
  await fromLxc(t, world, '-B loop --fssize 50M --fstype ext4');
  await copiedByLxc(t, world);
  await destroyedByEither(t, world);
  await world.sh(MAKE('-B loop --fssize 50M'));
  t.is(await inside(world, 'lxc', 'v1', 'echo one > /root/note; hostname'), 'v1\n');
  await lxc(world, 'lxc-copy -n v1 -N v2 && lxc-snapshot -n v1');
  t.is(await inside(world, 'tlxc', 'v2', 'cat /root/note; hostname'), 'one\nv2\n');
  await world.sh('tlxc-destroy -s -n v1');
  await lxc(world, 'lxc-destroy -n v2');
  t.is(await world.sh(`losetup -a | grep ${world.dir} || true; ls lxc`), '');
});

/**
 * The power fails. What a command has said is done is there when the machine is back, byte by byte; what it was at is there as a
 * whole or not at all, and the next command trips over nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { moments } from '../rig/moments.ts';
import { contents, cutPower, powerOn, storeOnDisk, type Journal } from '../rig/power-cut.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const cut = requires('root', 'userns', 'idmap', 'overlay', 'busybox', 'powercut');

const CREATE = 'tlxc-create -t busybox -f empty.conf -n';

/** Its store, on a disk of its own, has u0. */
async function worldOnDisk(t: ExecutionContext): Promise<World> {
  const world = await makeWorld(t);
  await storeOnDisk(world);
  await world.sh(`touch empty.conf; ${CREATE} u0`);
  return world;
}

const namesIn = async (world: World): Promise<readonly string[]> =>
  (await world.sh('tlxc-ls -1')).split('\n').filter(Boolean);

const works = (world: World, name: string): Promise<string> =>
  world.sh(`tlxc-start -n ${name} && tlxc-attach -n ${name} -- true && tlxc-stop -k -n ${name}`);

cut('what was done is there, byte by byte', async (t) => {
  const world = await worldOnDisk(t);
  for (const command of [
    `${CREATE} u1`,
    'tlxc-set -n u1 --saved pids=66',
    'tlxc-copy -n u1 -N u2',
    'tlxc-copy -n u1 -N u3 -s',
    'tlxc-snapshot -n u1',
    'tlxc-copy -R -n u2 -N u4',
    'tlxc-destroy -n u3',
    'tlxc-snapshot -n u1 -r snap0',
  ]) {
    await world.sh(command);
    const before = await contents(world);
    await cutPower(world, 'lost');
    await powerOn(world);
    t.is(await contents(world), before, command);
  }
  t.deepEqual(await namesIn(world), ['u0', 'u1', 'u4']);
  for (const name of ['u0', 'u1', 'u4']) await works(world, name);
});

const KILOBYTES_OF_ANOTHER = 40_000;

/** What waits to be written on this machine, kB. */
const dirty = async (world: World): Promise<number> =>
  Number(await world.sh('awk \'$1 == "Dirty:" { print $2 }\' /proc/meminfo'));

/** Whether what others have written is still in memory after the copy: it was not waited for. */
async function copiedBesideOthers(world: World, name: string): Promise<boolean> {
  const another = 'lxc/lost+found/another';
  await world.sh(`rm -f ${another}; sync -f lxc; head -c ${KILOBYTES_OF_ANOTHER}K /dev/zero > ${another}`);
  await world.sh(`tlxc-copy -n u2 -N ${name} -s`);
  return (await dirty(world)) > KILOBYTES_OF_ANOTHER / 2;
}

cut('a copy on write does not wait for what others write, and is there', async (t) => {
  const world = await worldOnDisk(t);
  await world.sh(`${CREATE} u2 -B dir`);
  const copies: string[] = [];
  let beside = false;
  // The machine's other work may sync all disks just then.
  while (!beside && copies.length < 5) {
    copies.push(`c${copies.length}`);
    beside = await copiedBesideOthers(world, copies.at(-1) ?? '');
  }
  t.true(beside, 'nothing but the copy was written');
  const before = await contents(world);
  await cutPower(world, 'lost');
  await powerOn(world);
  t.is(await contents(world), before);
  await works(world, copies.at(-1) ?? '');
});

/** Runs it with the power failing after some milliseconds, and has the machine back. */
async function interrupted(
  world: World,
  command: string,
  milliseconds: number,
  journal: Journal,
): Promise<void> {
  await world.sh('sync -f lxc');
  const running = world.run('sh', '-c', `${command} >/dev/null 2>&1; true`);
  await sleep(milliseconds);
  await cutPower(world, journal);
  await running;
  await powerOn(world);
}

async function lasting(world: World, command: string): Promise<number> {
  const began = performance.now();
  await world.sh(command);
  return performance.now() - began;
}

for (const [what, command] of [
  ['a new container', `${CREATE} u1 -B dir`],
  ['a copy', 'tlxc-copy -n u0 -N u1'],
  ['a copy on write', 'tlxc-copy -n u0 -N u1 -s'],
] as const)
  cut(`${what} is whole, or not there, whenever the power fails`, async (t) => {
    const world = await worldOnDisk(t);
    const lasts = await lasting(world, command);
    // Its ids and its hardware address are other ones each time.
    const tree = (): Promise<string> => contents(world, 'u1 ! -name config');
    const whole = await tree();
    await world.sh('tlxc-destroy -n u1');
    for (const [index, part] of moments(t, 8).entries()) {
      await interrupted(world, command, part * lasts, index % 2 === 0 ? 'lost' : 'written');
      if (!(await namesIn(world)).includes('u1')) await world.sh(command);
      t.is(await tree(), whole, `${part}`);
      await works(world, 'u1');
      await world.sh('tlxc-destroy -n u1');
      t.deepEqual(await namesIn(world), ['u0']);
    }
    await works(world, 'u0');
  });

cut('a destroyed container is gone, or as it was, whenever the power fails', async (t) => {
  const world = await worldOnDisk(t);
  const lasts = await lasting(world, 'tlxc-destroy -n u0');
  await world.sh(`${CREATE} u0`);
  for (const [index, part] of moments(t, 8).entries()) {
    const before = await contents(world, 'u0');
    await interrupted(world, 'tlxc-destroy -n u0', part * lasts, index % 2 === 0 ? 'lost' : 'written');
    if ((await namesIn(world)).includes('u0')) t.is(await contents(world, 'u0'), before, `${part}`);
    else await world.sh(`${CREATE} u0`);
    await works(world, 'u0');
  }
});

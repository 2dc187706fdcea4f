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

/** What was written to the disk of the store, kB. */
const written = async (world: World): Promise<number> =>
  Number(await world.sh("awk '{ print $7 / 2 }' /sys/dev/block/$(stat -c %Hd:%Ld lxc)/stat"));

/** Whether what others have written is in memory alone after the command: it was not waited for. */
async function doneBesideOthers(world: World, command: string): Promise<boolean> {
  const another = 'lxc/lost+found/another';
  await world.sh(`rm -f ${another}; sync -f lxc; head -c ${KILOBYTES_OF_ANOTHER}K /dev/zero > ${another}`);
  const before = await written(world);
  await world.sh(command);
  return (await written(world)) - before < KILOBYTES_OF_ANOTHER / 2;
}

/** The machine's other work may sync all disks just then, so it is done again. */
const TRIES = 5;

for (const [what, command] of [
  ['a copy on write', (index: number) => `tlxc-copy -n r0 -N c${index} -s`],
  ['a new name', (index: number) => `tlxc-copy -R -n r${index} -N r${index + 1}`],
  ['a snapshot taken back', () => 'tlxc-snapshot -n u0 -r snap0'],
  ['a snapshot taken and destroyed', () => 'tlxc-snapshot -n u0 && tlxc-snapshot -n u0 -d snap1'],
] as const)
  cut(`${what} does not wait for what others write, and is there`, async (t) => {
    const world = await worldOnDisk(t);
    await world.sh(`${CREATE} r0 -B dir && tlxc-snapshot -n u0`);
    let count = 0;
    let beside = false;
    while (!beside && count < TRIES) beside = await doneBesideOthers(world, command(count++));
    t.true(beside, 'nothing but what it changed was written');
    const before = await contents(world);
    await cutPower(world, 'lost');
    await powerOn(world);
    t.is(await contents(world), before);
    for (const name of await namesIn(world)) await works(world, name);
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

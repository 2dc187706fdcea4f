/** Copies and snapshots of containers that run. */
import type { ExecutionContext } from 'ava';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { addBusybox } from '../../rig/containers.ts';
import { eventually } from '../../rig/eventually.ts';
import { killAfter, moments } from '../../rig/moments.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';
import { loader } from '../../rig/typescript.ts';

const rooted = requires('root', 'userns', 'idmap', 'overlay', 'busybox').serial;
const looped = requires('root', 'userns', 'idmap', 'busybox', 'loop').serial;

/** Writes each line to one file and then to the other, in directories with much to copy between them. */
const WRITER = [
  'mkdir -p /srv/1 /srv/2',
  'for n in $(seq 20); do for d in 1 2; do head -c 1m /dev/urandom > /srv/$d/big$n; done; done',
  '(while :; do echo x >> /srv/1/a; echo x >> /srv/2/b; done) > /dev/null 2>&1 &',
].join('\n');

/** A container u1 that runs and writes. */
async function writing(t: ExecutionContext, backend: string): Promise<World> {
  const world = await makeWorld(t);
  await world.sh(`tlxc-create -n u1 -t busybox -B ${backend} && tlxc-start -n u1 -s lxc.net.0.link=`);
  await world.sh(`tlxc-attach -n u1 -- sh -c '${WRITER}'`);
  return world;
}

const SIZES = 'stat -c %s /srv/1/a /srv/2/b';

/** Lines of the two files. */
async function lines(world: World, name: string): Promise<readonly number[]> {
  const text = await world.sh(`tlxc-attach -n ${name} -- sh -c '${SIZES}'`);
  return text
    .trim()
    .split('\n')
    .map((size) => Number(size) / 2);
}

/** At every moment the first is at most one line ahead. */
async function isOfOneMoment(t: ExecutionContext, world: World, name: string): Promise<void> {
  await world.sh(`tlxc-start -n ${name} -s lxc.net.0.link=`);
  const [first = 0, second = 0] = await lines(world, name);
  t.true(first > 0 && (first === second || first === second + 1), `${first} and ${second} lines`);
  await world.sh(`tlxc-stop -k -n ${name}`);
}

/** Nobody else would wake what is frozen; what runs writes when its turn comes on a busy machine. */
async function writesOn(world: World): Promise<void> {
  const [before = 0] = await lines(world, 'u1');
  await eventually(30, async () => (((await lines(world, 'u1'))[0] ?? 0) > before ? true : undefined));
}

for (const backend of ['dir', 'overlay']) {
  rooted(
    `${backend}: a snapshot and a copy of one that runs are of one moment, and it runs on`,
    async (t) => {
      const world = await writing(t, backend);
      await world.sh('tlxc-snapshot -n u1 && tlxc-copy -a -n u1 -N u2');
      t.is(await world.sh('tlxc-info -n u1 -sH'), 'RUNNING\n');
      await writesOn(world);
      await world.sh('tlxc-stop -k -n u1 && tlxc-snapshot -n u1 -r snap0');
      for (const name of ['u1', 'u2']) await isOfOneMoment(t, world, name);
    },
  );

  rooted(`${backend}: killed while it takes a snapshot, it leaves the container running`, async (t) => {
    const world = await writing(t, backend);
    const { milliseconds } = await world.run('tlxc-snapshot', 'u1');
    for (const moment of moments(t, 6)) {
      await killAfter(world, milliseconds * moment, 'tlxc-snapshot', 'u1');
      // The monitor thaws it when it sees the connection end.
      await eventually(30, async () => /RUNNING/.exec(await world.sh('tlxc-info -n u1 -sH')) ?? undefined);
      await writesOn(world);
    }
    await world.sh('tlxc-snapshot u1 && tlxc-stop -k u1');
    for (const name of readdirSync(join(world.lxcpath, 'u1/snaps'))) {
      await world.sh(`tlxc-snapshot u1 -r ${name}`);
      await isOfOneMoment(t, world, 'u1');
    }
    t.deepEqual(
      readdirSync(join(world.lxcpath, 'u1')).filter((name) => name.startsWith('.')),
      [],
    );
  });
}

rooted('one that somebody has frozen stays so', async (t) => {
  const world = await writing(t, 'overlay');
  await world.sh('tlxc-freeze -n u1 && tlxc-snapshot -n u1');
  t.is(await world.sh('tlxc-info -n u1 -sH; tlxc-unfreeze -n u1; ls lxc/u1/snaps'), 'FROZEN\nsnap0\n');
});

looped('of a filesystem in a file that a container uses there is none, and that is said', async (t) => {
  const world = await makeWorld(t);
  await world.sh('tlxc-create -n u1 -t busybox -B loop --fssize 100M && tlxc-start -n u1 -s lxc.net.0.link=');
  for (const command of ['tlxc-snapshot u1', 'tlxc-copy u1 -a -N u2']) {
    const { code, stderr } = await world.run('sh', '-c', command);
    t.is(code, 1);
    t.regex(stderr, /u1 is running\n {2}hint: its loop filesystem is in use, .*tlxc-stop -n u1/);
  }
  t.is(await world.sh('ls -A lxc; tlxc-stop -k -n u1'), 'u1\n');
});

async function holdFrozen(world: World): Promise<ChildProcessWithoutNullStreams> {
  const script = ['--import', loader, join(import.meta.dirname, '../hold-frozen.ts')];
  const holder = world.spawn(process.execPath, ...script, 'u1');
  await once(holder.stdout, 'data');
  return holder;
}

rooted('a stop waits for who keeps it frozen: it ends as it would otherwise', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  await world.sh('tlxc-start u1');
  const holder = await holdFrozen(world);
  const stopping = world.run('tlxc-stop', 'u1', '-t', '30');
  await sleep(2000);
  t.is(await world.sh('tlxc-info u1 -sH'), 'FROZEN\n');
  holder.stdin.end();
  const { code, stderr, milliseconds } = await stopping;
  t.is(code, 0);
  t.regex(stderr, /process \d+ needs it frozen, and is waited for/);
  t.true(milliseconds < 20_000);
});

rooted('a stop that may wait no longer ends who keeps it frozen', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  await world.sh('tlxc-start u1');
  const holder = await holdFrozen(world);
  const gone = once(holder, 'exit');
  const { code, stderr } = await world.run('tlxc-stop', 'u1', '-t', '1');
  t.is(code, 0);
  t.regex(stderr, /process \d+, which keeps it frozen, is ended/);
  await gone;
});

rooted('one that would have to stand still for too long runs on, and nothing is kept', async (t) => {
  const world = await writing(t, 'dir');
  const { code, stderr } = await world.run('tlxc-snapshot', 'u1', '--freeze-timeout', '0');
  t.is(code, 1);
  t.regex(
    stderr,
    /not read within 0 s, so it runs on and nothing was kept\n {2}hint: stop it first: tlxc-stop -n u1/,
  );
  t.is(await world.sh('tlxc-info -n u1 -sH'), 'RUNNING\n');
  await writesOn(world);
  t.is(await world.sh('ls -A lxc/u1 | grep -v log; tlxc-stop -k u1'), 'config\nrootfs\n');
});

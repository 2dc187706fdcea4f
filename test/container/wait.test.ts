/** tlxc-wait: exit codes as LXC's, and every state of a life, told by the monitor. */
import type { ExecutionContext } from 'ava';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox } from '../rig/containers.ts';
import { eventually } from '../rig/eventually.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const running = requires('root', 'userns', 'idmap', 'busybox').serial;

async function container(t: ExecutionContext): Promise<World> {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  return world;
}

const wait = (world: World, ...words: readonly string[]) => world.run('tlxc-wait', '-n', 'c1', ...words);

/** The sockets of those who watch the world's containers. */
function watchers({ runDir }: World): string[] {
  if (!existsSync(runDir)) return [];
  const stores = readdirSync(runDir).map((store) => join(runDir, store, '.watchers'));
  return stores.filter((each) => existsSync(each)).flatMap((each) => readdirSync(each));
}

/** A wait that has begun, and what it exits with. */
async function begun(
  world: World,
  ...words: readonly string[]
): Promise<{ readonly exit: Promise<number | null> }> {
  const before = watchers(world).length;
  const child = world.spawn('tlxc-wait', '-n', 'c1', ...words);
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  await eventually(90, async () => Promise.resolve(watchers(world).length > before ? true : undefined));
  return { exit };
}

running('the state it is in is reached at once; another is not, when the time is over', async (t) => {
  const world = await container(t);
  t.like(await wait(world, '-s', 'STOPPED'), { code: 0, stdout: '', stderr: '' });
  t.like(await wait(world, '-s', 'RUNNING', '-t', '0'), { code: 1, stdout: '', stderr: '' });
  const before = performance.now();
  t.like(await wait(world, '-s', 'RUNNING|FROZEN', '-t', '1'), { code: 1, stdout: '', stderr: '' });
  t.true(performance.now() - before >= 1000);
  t.is((await world.run('tlxc-wait', '-n', 'nobody', '-s', 'STOPPED')).code, 0);
  t.is((await world.run('tlxc-wait', '-n', 'nobody', '-s', 'RUNNING', '-t', '1')).code, 1);
  await world.sh('tlxc-start -n c1');
  t.is((await wait(world, '-s', 'STARTING|RUNNING|')).code, 0);
  await world.sh('tlxc-freeze -n c1');
  t.is((await wait(world, '-s', 'FROZEN', '-t', '0')).code, 0);
  t.is((await wait(world, '-s', 'RUNNING', '-t', '0')).code, 1);
  t.deepEqual(watchers(world), [], 'no socket is left');
});

running('what is no state, and no state at all, is refused', async (t) => {
  const world = await container(t);
  t.like(await wait(world, '-s', 'RUNNING|running'), {
    code: 1,
    stderr:
      "tlxc-wait: c1: invalid state 'running' (did you mean RUNNING?)\n  hint: -s takes one or several of STOPPED|STARTING|RUNNING|STOPPING|ABORTING|FREEZING|FROZEN|THAWED\n",
  });
  t.regex((await wait(world)).stderr, /^tlxc-wait: c1: the state to wait for is missing\n/);
});

running('one that does not run yet is waited for, from its first state on', async (t) => {
  const world = await container(t);
  const waits = await Promise.all([
    begun(world, '-s', 'STARTING'),
    begun(world, '-s', 'RUNNING', '-t', '-1'),
  ]);
  await world.sh('tlxc-start -n c1');
  for (const { exit } of waits) t.is(await exit, 0);
});

running('a start that fails is ABORTING, then STOPPED again', async (t) => {
  const world = await container(t);
  const aborting = await begun(world, '-s', 'ABORTING', '-t', '60');
  await world.run('tlxc-start', '-n', 'c1', '-s', 'lxc.hook.pre-start = /bin/false');
  t.is(await aborting.exit, 0);
});

running('states that last no time are not missed', async (t) => {
  const world = await container(t);
  await world.sh('tlxc-start -n c1');
  for (const [state, does] of [
    ['FREEZING', 'tlxc-freeze -n c1'],
    ['THAWED', 'tlxc-unfreeze -n c1'],
    ['STARTING', 'tlxc-attach -n c1 -- reboot'],
    ['STOPPING', 'tlxc-stop -k -n c1'],
  ] as const) {
    const waiting = await begun(world, '-s', state, '-t', '60');
    await world.sh(does);
    t.is(await waiting.exit, 0, state);
  }
});

running('one whose monitor is killed has stopped', async (t) => {
  const world = await container(t);
  await world.sh('tlxc-start -n c1');
  const waiting = await begun(world, '-s', 'STOPPED', '-t', '60');
  const instance = await world.sh(`cat ${world.runDir}/*/c1/instance.json`);
  const { monitorPid } = JSON.parse(instance) as { monitorPid: number };
  await world.sh(`kill -KILL ${monitorPid}`);
  t.is(await waiting.exit, 0);
});

running('a wait that is killed harms nobody, and its socket goes with the next change', async (t) => {
  const world = await container(t);
  const { exit } = await begun(world, '-s', 'RUNNING');
  await world.sh("pkill -KILL -f '[t]lxc-wait.* -n c1'");
  await exit;
  t.is(watchers(world).length, 1);
  const other = await begun(world, '-s', 'RUNNING', '-t', '60');
  await world.sh('tlxc-start -n c1');
  t.is(await other.exit, 0);
  await eventually(60, async () => Promise.resolve(watchers(world).length === 0 ? true : undefined));
  const interrupted = await begun(world, '-s', 'STOPPED');
  await world.sh("pkill -INT -f '[t]lxc-wait.* -n c1'");
  await interrupted.exit;
  t.deepEqual(watchers(world), []);
});

running(
  '--for: until it is as far, whoever starts it; what is missing, or that it ended, is told',
  async (t) => {
    const world = await container(t);
    const ready = ['--for=exec:test -e /tmp/made', '--for', 'running'];
    const late = await wait(world, '--for=ready', '-t', '1');
    t.is(late.code, 1);
    t.is(
      late.stderr,
      'tlxc-wait: c1: waited 1 s in vain for its start\n  hint: tlxc-start -n c1 starts it\n',
    );
    const { exit } = await begun(world, ...ready, '-t', '60');
    await world.sh('tlxc-start -n c1 -- /bin/sleep 1000');
    const short = await wait(world, ...ready, '-t', '1');
    t.is(short.code, 1);
    t.regex(
      short.stderr,
      /^tlxc-wait: c1: waited 1 s in vain for exec:test -e \/tmp\/made: .*\n[^]*a longer -t waits on\n$/,
    );
    await world.sh('tlxc-attach -n c1 -- touch /tmp/made');
    t.is(await exit, 0);
    t.like(JSON.parse((await wait(world, ...ready, '--json')).stdout), {
      states: [],
      conditions: ['exec:test -e /tmp/made', 'running'],
      reached: true,
    });
    t.regex((await wait(world, '-s', 'STOPPED', '--for=ip')).stderr, /-s and --for exclude each other\n/);
    const never = wait(world, '--for=exec:touch /tmp/asked; false', '-t', '90');
    const look = 'until tlxc-attach -n c1 -- test -e /tmp/asked; do sleep 0.1; done';
    await world.sh(`timeout 60 sh -c '${look}'; tlxc-stop -k -n c1`);
    const ended = await never;
    t.is(ended.code, 1);
    t.regex(ended.stderr, /the container stopped while exec:touch \/tmp\/asked; false was waited for/);
  },
);

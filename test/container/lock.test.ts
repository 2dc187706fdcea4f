/** Who waits for a container's lock: for how long, and what it reads in the end. */
import test, { type ExecutionContext } from 'ava';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSystemConfig } from '../../src/config/system.ts';
import { commandIn, withLock } from '../../src/container/lock.ts';
import { containerPaths } from '../../src/container/paths.ts';
import { removeRunDir } from '../../src/container/remove/run-directory.ts';
import { addBusybox } from '../rig/containers.ts';
import { eventually } from '../rig/eventually.ts';
import { requires } from '../rig/requires.ts';
import { Terminal } from '../rig/terminal.ts';
import { makeWorld, type World } from '../rig/world.ts';

const held = requires('root', 'userns', 'idmap', 'busybox');
const seen = requires('root', 'userns', 'idmap', 'busybox', 'terminal');

/** Of a container that a command has worked on before. */
async function lockOf(t: ExecutionContext, world: World): Promise<string> {
  addBusybox(world, 'u1');
  await world.sh('tlxc-copy -n u1 -N u2');
  const [store = ''] = (await world.sh(`ls ${world.runDir}`)).split('\n');
  const lock = join(world.runDir, store, 'u1', 'lock');
  t.regex(readFileSync(lock, 'utf8'), /^\d+\n$/);
  return lock;
}

/** Holds the lock for some seconds, once it is its turn, and says so as TLXC's commands do. */
function hold(world: World, lock: string, seconds: number) {
  const work = `echo $$ > ${lock}; exec -a tlxc-import sleep ${seconds}`;
  return world.spawn('flock', '--no-fork', lock, 'bash', '-c', work);
}

/** Resolves to what the one says that has it next. */
const nextHolder = (lock: string, before: string): Promise<string> =>
  eventually(60, () => {
    const text = readFileSync(lock, 'utf8');
    return Promise.resolve(text !== before && text.endsWith('\n') ? text.trim() : undefined);
  });

test('who is waited for is told by a plain name, or by the number alone', (t) => {
  for (const [line, name] of [
    ['/usr/bin/node\0/usr/share/tlxc/bin/tlxc-copy.js\0-n\0u1\0', 'tlxc-copy'],
    ['[tlxc monitor] /var/lib/tlxc u1\0', ''],
    ['/usr/bin/flock\0x\0', 'flock'],
    ['tlxc\u001b[2J\0', ''],
    ['tlxc-copy\nu1: all is well\0', ''],
    ['/bin/sh\0tlxc\u009b31m\0', ''],
    [`tlxc${'x'.repeat(99)}\0`, ''],
    ['', ''],
  ] as const)
    t.is(commandIn(line), name, JSON.stringify(line));
});

/** Of a container that has a directory, and nothing else. */
function pathsOf(t: ExecutionContext) {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-lock-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'conf'), `tlxc.rundir = ${dir}/run\n`);
  const paths = containerPaths(loadSystemConfig({ TLXC_CONF: join(dir, 'conf') }), join(dir, 'lxc'), 'u1');
  mkdirSync(paths.dir, { recursive: true });
  return paths;
}

test('who waited for a container that was destroyed leaves no run directory', async (t) => {
  const paths = pathsOf(t);
  let entered = (): void => undefined;
  const isIn = new Promise<void>((resolve) => (entered = resolve));
  let waiting: Promise<boolean> = Promise.resolve(false);
  await withLock(paths, async () => {
    waiting = withLock(paths, () => {
      entered();
      return existsSync(paths.dir);
    });
    await Promise.resolve();
    rmdirSync(paths.dir);
    removeRunDir(paths);
    t.false(existsSync(paths.runDir));
    await isIn;
  });
  t.false(await waiting, 'it had to wait, and the container was gone');
  t.false(existsSync(paths.runDir));
});

test('of a container that is there, the run directory stays, and of one that is not, what others have there', async (t) => {
  const paths = pathsOf(t);
  await withLock(paths, () => undefined);
  t.deepEqual(readdirSync(paths.runDir).sort(), ['lock', 'monitor.lock']);
  rmdirSync(paths.dir);
  writeFileSync(join(paths.runDir, 'another'), '');
  await withLock(paths, () => undefined);
  t.deepEqual(readdirSync(paths.runDir).sort(), ['another', 'lock', 'monitor.lock']);
});

/** A queue, as who waits sees it: it moves every four seconds, four times. One process has the lock all along: nobody gets in between. */
const queue = (lock: string): string => `for turn in 1 2 3 4; do sleep 4 & echo $! > ${lock}; wait; done`;

held('in a queue that moves nobody gives up', async (t) => {
  const world = await makeWorld(t);
  const lock = await lockOf(t, world);
  const before = readFileSync(lock, 'utf8');
  const ended = once(world.spawn('flock', '--no-fork', lock, 'bash', '-c', queue(lock)), 'exit');
  await nextHolder(lock, before);
  const begun = performance.now();
  t.is((await world.run('tlxc-copy', '-n', 'u1', '-N', 'u3')).code, 0);
  t.true(performance.now() - begun > 10_000, 'it was behind all of them');
  await ended;
});

held('one that works on it for ten seconds is named', async (t) => {
  const world = await makeWorld(t);
  const lock = await lockOf(t, world);
  const before = readFileSync(lock, 'utf8');
  const ended = once(hold(world, lock, 300), 'exit');
  const pid = await nextHolder(lock, before);
  const { code, stderr } = await world.run('tlxc-copy', '-n', 'u1', '-N', 'u3');
  await world.sh(`kill ${pid}`);
  await ended;
  t.is(code, 1);
  // Before it there may be a line of progress: after ten seconds, too, and either clock may be the first.
  t.regex(
    stderr,
    new RegExp(
      `^tlxc-copy: u1: another command, tlxc-import \\(pid ${pid}\\), works on the container, or`,
      'm',
    ),
  );
});

seen('who waits sees for whom, whatever the command shows of its own', async (t) => {
  const world = await makeWorld(t);
  const lock = await lockOf(t, world);
  const commands = ['tlxc-copy -n u1 -N u3', 'tlxc-set u1 memory=1G', 'tlxc-destroy u1'];
  for (const command of commands) {
    const before = readFileSync(lock, 'utf8');
    const ended = once(hold(world, lock, 300), 'exit');
    const pid = await nextHolder(lock, before);
    const [program = ''] = command.split(' ');
    const terminal = new Terminal(world, command, { rows: 24, columns: 100 });
    await terminal.shows(new RegExp(`\r${program}: u1: waiting for tlxc-import \\(pid ${pid}\\): \\d s`));
    t.notRegex(terminal.output, /copying|destroying/, 'of what is not done yet nothing is told');
    await world.sh(`kill ${pid}`);
    await ended;
    t.true((await terminal.end()).endsWith('\r\u001b[Kstatus 0\n'), terminal.output);
  }
});

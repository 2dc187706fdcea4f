/** What a person sees who waits, and that nobody else is told more than now and then. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WriteStream } from 'node:tty';
import test from 'ava';
import { imageProgress } from '../../src/cli/image-progress.ts';
import { elapsed, progressOnTerminal, progressText, whileShown } from '../../src/cli/progress.ts';
import { addBusybox } from '../rig/containers.ts';
import { eventually } from '../rig/eventually.ts';
import { requires } from '../rig/requires.ts';
import { Terminal } from '../rig/terminal.ts';
import { makeWorld } from '../rig/world.ts';

test('the line tells what is done, how much, how fast and for how long', (t) => {
  t.is(progressText('x: u1: copying', { bytes: 0, milliseconds: 3_400 }), 'x: u1: copying: 3 s');
  t.is(progressText('x', { bytes: 2 ** 27, milliseconds: 64_000 }), 'x: 128 MiB, 2.0 MiB/s, 1:04');
  t.deepEqual([59_999, 60_000, 3_600_000].map(elapsed), ['59 s', '1:00', '1:00:00']);
});

const MIB = 2 ** 20;

test('where it is known how much there is to do, the share comes first, and never says that all is done', (t) => {
  const half = { bytes: 50 * MIB, total: 100 * MIB, milliseconds: 30_000, counted: 10_000 };
  t.is(progressText('x', half), 'x: 50%, 50 of 100 MiB, 5.0 MiB/s, 10 s left');
  // There was more than was counted.
  t.is(progressText('x', { ...half, bytes: 102 * MIB }), 'x: 99%, 100 of 100 MiB, 10.2 MiB/s, 30 s');
  t.is(progressText('x', { ...half, counted: 500 }), 'x: 50%, 50 of 100 MiB, 30 s');
  // Nothing is written of what is shared.
  t.is(progressText('x', { ...half, bytes: 0 }), 'x: 30 s');
});

test('a terminal has a bar where there is room, and the share in any case', (t) => {
  const words = 'tlxc-copy: u1: copying';
  const half = { bytes: 50 * MIB, total: 100 * MIB, milliseconds: 10_000 };
  const on = (room: number): string => progressOnTerminal(words, half, room);
  t.is(on(90), `${words}: [==========          ] 50%, 50 of 100 MiB, 5.0 MiB/s, 10 s left`);
  t.is(on(70), progressText(words, half));
  t.is(on(30), `${words}: 50%, …`);
  t.is(on(20), '50% tlxc-copy: u1: …');
  for (const room of [90, 70, 30, 20]) t.true(on(room).length <= room);
});

/** What is written to standard error while something takes that long. */
async function written(
  milliseconds: number,
  {
    isTTY = true,
    TERM = 'xterm',
    ...asked
  }: { isTTY?: boolean; TERM?: string; quiet?: boolean; json?: boolean },
): Promise<string> {
  let text = '';
  const stderr = { isTTY, columns: 40, write: (part: string) => (text += part) };
  const context = { program: 'tlxc-try', stderr: stderr as never, env: { TERM } };
  const invocation = { name: 'u1', quiet: asked.quiet === true, options: { json: asked.json } };
  await whileShown(invocation, context, 'copying', () => sleep(milliseconds));
  return text;
}

/** What is written while something takes less than a second; where the machine made more of it, it is done again. */
async function writtenSoon(): Promise<string> {
  const took: number[] = [];
  while (took.length < 10) {
    const began = performance.now();
    const text = await written(300, {});
    took.push(performance.now() - began);
    if ((took.at(-1) ?? 0) < 1000) return text;
  }
  throw new Error(`300 ms took this machine ${took.map(Math.round).join(', ')} ms`);
}

// The work ends with the third second: a later line is a busy machine's.
// eslint-disable-next-line no-control-regex
const LINE = /^\rtlxc-try: u1: copying: [1-9]\d* s\u001b\[K\r.*\r\u001b\[K$/s;

test('it comes on a terminal that can, when a second is over, and goes when it is done', async (t) => {
  const [long, short, dumb, pipe, quiet, json] = await Promise.all([
    ...[written(2500, {}), writtenSoon(), written(2500, { TERM: 'dumb' }), written(2500, { isTTY: false })],
    ...[written(2500, { quiet: true }), written(2500, { json: true })],
  ]);
  t.regex(long ?? '', LINE);
  t.deepEqual([short, dumb, pipe, quiet, json], ['', '', '', '', '']);
});

interface Download {
  readonly shown: () => string;
  readonly came: (mebibytes: number) => void;
  readonly end: () => void;
}

/** A download of 10 MiB that is half done, on a terminal of that kind. */
function halfDownloaded(TERM: string): Download {
  let text = '';
  const write = (part: string) => (text += part).length > 0;
  const members = { isTTY: true, columns: 80, write };
  const stderr = Object.create(
    WriteStream.prototype,
    Object.fromEntries(Object.entries(members).map(([name, value]) => [name, { value }])),
  ) as WriteStream;
  const progress = imageProgress({ stderr, stdout: { write: () => true }, env: { TERM } }, false);
  const came = (mebibytes: number): void =>
    progress.show({ kind: 'download', what: 'rootfs', received: mebibytes * MIB, total: 10 * MIB });
  came(5);
  return { shown: () => text, came, end: progress.end };
}

test('a download has a bar, but none on a terminal that can move no cursor', async (t) => {
  const [bar, none] = [halfDownloaded('xterm'), halfDownloaded('dumb')];
  t.teardown(bar.end);
  t.teardown(none.end);
  await t.notThrowsAsync(eventually(30, () => Promise.resolve(bar.shown().includes('\u001b') || undefined)));
  t.is(none.shown(), '');
});

test('how long a download will take is told when it can be known', async (t) => {
  const bar = halfDownloaded('xterm');
  t.teardown(bar.end);
  const shows = (words: RegExp) =>
    t.notThrowsAsync(eventually(30, () => Promise.resolve(words.test(bar.shown()) || undefined)));
  await shows(/ 0% /);
  // Nothing has come since the bar is there: how fast it comes, nobody knows.
  bar.came(0);
  await sleep(300);
  bar.came(0);
  await sleep(300);
  t.notRegex(bar.shown(), /MiB {2}|left/);
  bar.came(5);
  await shows(/ 50% {2}5\/10 MiB {2}\d+ s left/);
});

const seen = requires('root', 'userns', 'idmap', 'busybox', 'terminal');

seen(
  'who stops a container that takes its time sees how long, and a clean terminal afterwards',
  async (t) => {
    const world = await makeWorld(t);
    // A process 1 that has a handler for the signal, and does not end by it.
    addBusybox(world, 'u1');
    const start = `tlxc-start -n u1 --wait='exec:test -e /dev/listens' -- sh -c 'trap : USR1; : > /dev/listens; while :; do sleep 1; done'`;
    await world.sh(start);
    const size = { rows: 24, columns: 80 };
    const stop = new Terminal(world, 'tlxc-stop -n u1 -t 4', size);
    await stop.shows(/\rtlxc-stop: u1: waiting for it to shut down: [123] s\r/);
    t.true((await stop.end()).endsWith('\r\u001b[Kstatus 0\n'));
    await world.sh(start);
    const quiet = new Terminal(world, 'tlxc-stop -q -n u1 -t 3', size);
    t.is(await quiet.end(), 'status 0\n');
  },
);

seen('who exports sees how much of it is done', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const go = join(world.dir, 'go');
  execFileSync('mkfifo', [go]);
  // Nobody takes the archive before.
  const line = `sh -c 'tlxc-export -n u1 --compression=none - | { read go < ${go}; cat >/dev/null; }'`;
  const terminal = new Terminal(world, line, { rows: 24, columns: 100 });
  await terminal.shows(/\rtlxc-export: u1: exporting: \[=* *\] \d\d?%, \d+ of \d+ MiB/);
  writeFileSync(go, 'go\n');
  t.true((await terminal.end()).endsWith('\r\u001b[Kstatus 0\n'));
});

seen('who copies files into a container sees how much is done', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const go = join(world.dir, 'go');
  execFileSync('mkfifo', [go]);
  const line = `sh -c '{ head -c 3M /dev/zero; read go < ${go}; } | tlxc-file push - u1/root/zeros'`;
  const terminal = new Terminal(world, line, { rows: 24, columns: 100 });
  await terminal.shows(/\rtlxc-file: copying: 3 MiB, \d/);
  writeFileSync(go, 'go\n');
  t.true((await terminal.end()).endsWith('\r\u001b[Kstatus 0\n'));
});

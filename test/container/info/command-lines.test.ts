/** Command lines are read by somebody who is not waited for. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test from 'ava';
import { CommandLines } from '../../../src/container/info/command-lines.ts';

const startTimeOf = (pid: number): string =>
  readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19] ?? '';

const me = { pid: process.pid, startTime: startTimeOf(process.pid) };

test('each is that of its process, line ends and all', async (t) => {
  const child = spawn('sh', ['-c', 'sleep 60; :', 'a\nb', `/proc/${process.pid}/cmdline:forged`]);
  t.teardown(() => child.kill('SIGKILL'));
  const pid = child.pid ?? 0;
  const found = await new CommandLines().of([
    me,
    { pid, startTime: startTimeOf(pid) },
    { pid: 2 ** 22 + 1, startTime: '' },
  ]);
  t.regex(found.get(process.pid) ?? '', /node/);
  t.is(found.get(pid), `sh -c sleep 60; : a\nb /proc/${process.pid}/cmdline:forged`);
  t.is(found.size, 2);
});

test('who does not answer is not waited for, and not asked again', async (t) => {
  // "$0" are the files: whoever asks leaves a trace.
  const lines = new CommandLines(['sh', '-c', 'exec sleep 60', 'reader']);
  const begin = performance.now();
  t.is((await lines.of([me])).size, 0);
  const first = performance.now() - begin;
  t.true(first >= 290, String(first));
  const again = performance.now();
  t.is((await lines.of([me])).size, 0);
  t.true(performance.now() - again < 200, 'no reader was started');
});

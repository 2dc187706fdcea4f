/** Command lines are read by somebody who is not waited for. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { CommandLines, type Identity } from '../../../src/container/info/command-lines.ts';
import { eventually } from '../../rig/eventually.ts';

const startTimeOf = (pid: number): string =>
  readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19] ?? '';

const me = { pid: process.pid, startTime: startTimeOf(process.pid) };

/** A reader is waited for a moment only, which a busy machine may need to start it: then another is. */
const answered = (make: () => CommandLines, asked: readonly Identity[]) =>
  eventually(60, async () => {
    const lines = await make().of(asked);
    return lines.size > 0 ? lines : undefined;
  });

test('each is that of its process, line ends and all', async (t) => {
  const child = spawn('sh', ['-c', 'sleep 60; :', 'a\nb', `/proc/${process.pid}/cmdline:forged`]);
  t.teardown(() => child.kill('SIGKILL'));
  const pid = child.pid ?? 0;
  const asked = [me, { pid, startTime: startTimeOf(pid) }, { pid: 2 ** 22 + 1, startTime: '' }];
  const found = await answered(() => new CommandLines(), asked);
  t.regex(found.get(process.pid) ?? '', /node/);
  t.is(found.get(pid), `sh -c sleep 60; : a\nb /proc/${process.pid}/cmdline:forged`);
  t.is(found.size, 2);
});

test('who does not answer is not waited for, and not asked again', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-lines-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const reader = join(dir, 'reader');
  writeFileSync(reader, 'exec sleep 60\n');
  const lines = new CommandLines(['sh', reader]);
  const begin = performance.now();
  t.is((await lines.of([me])).size, 0);
  const first = performance.now() - begin;
  t.true(first >= 290 && first < 50_000, String(first));
  // From now on whoever asks is told.
  writeFileSync(reader, `printf '%s:told\\0' "$1"\n`);
  t.is((await lines.of([me])).size, 0);
  t.is((await answered(() => new CommandLines(['sh', reader]), [me])).get(me.pid), 'told');
});

/** A dnsmasq that has ended, where nobody takes note of that: its parent is another program. */
import test from 'ava';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dnsmasqPid } from '../../src/network/dnsmasq.ts';
import { eventually } from '../rig/eventually.ts';

const fieldsOf = (pid: number): string[] =>
  readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];

test('one that runs is ours, one that has ended is not, though it has its number still', async (t) => {
  const run = mkdtempSync(join(tmpdir(), 'tlxc-ended-'));
  t.teardown(() => rmSync(run, { recursive: true }));
  const parent = spawn('sh', ['-c', 'sleep 1000 & echo $!; exec sleep 1000'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.teardown(() => parent.kill());
  const [said] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(said.toString());
  // Only then is its parent a program that waits for nobody.
  await eventually(30, () =>
    Promise.resolve(readFileSync(`/proc/${parent.pid ?? 0}/comm`, 'utf8') === 'sleep\n' || undefined),
  );
  writeFileSync(join(run, 'dnsmasq.json'), JSON.stringify({ pid, startTime: fieldsOf(pid)[19], argv: [] }));
  t.is(dnsmasqPid({ run, state: run }), pid);
  process.kill(pid, 'SIGKILL');
  await eventually(30, () => Promise.resolve(fieldsOf(pid)[0] === 'Z' || undefined));
  t.is(dnsmasqPid({ run, state: run }), null);
});

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'ava';
import { requires } from '../rig/requires.ts';

const INIT = join(import.meta.dirname, '../../native/build/Release/tlxc-init');
const rooted = requires('root');
/** As PID 1 of a PID namespace that ends with the test's process. */
const asPid1 = ['--pid', '--fork', '--mount-proc', '--kill-child', INIT];

const run = (...command: string[]) => spawnSync('unshare', [...asPid1, ...command], { encoding: 'utf8' });

test('without a command it says how it is used', (t) => {
  const { status, stderr } = spawnSync(INIT, [], { encoding: 'utf8' });
  t.is(status, 1);
  t.is(stderr, 'usage: tlxc-init [--] COMMAND [ARGUMENT...]\n');
});

rooted('its exit status is the command’s', (t) => {
  t.is(run('--', 'sh', '-c', 'exit 7').status, 7);
  t.is(run('sh', '-c', 'kill -KILL $$').status, 128 + 9);
});

rooted('a command that is not there, or cannot be run, is told as a shell would', (t) => {
  const missing = run('/no/such/command');
  t.is(missing.status, 127);
  t.is(missing.stderr, 'tlxc-init: /no/such/command: No such file or directory\n');
  t.is(run('/etc/passwd').status, 126);
});

rooted('it waits for what the command leaves behind', (t) => {
  const { stdout, status } = run('sh', '-c', '(sleep 0.3; echo late) & exit 3');
  t.is(stdout, 'late\n');
  t.is(status, 3);
});

/** Starts it and sends a signal once the command says "ready". */
async function signalled(signal: string, script: string): Promise<{ said: string; code: number }> {
  const child = spawn('unshare', [...asPid1, 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  let said = '';
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'ready') spawnSync('pkill', [`-${signal}`, '--parent', String(child.pid)]);
    else said += line;
  }
  const [code] = await ended;
  return { said, code: code ?? -1 };
}

rooted('a signal is passed on to the command', async (t) => {
  const outcome = await signalled(
    'USR1',
    'trap "echo heard; exit 4" USR1; echo ready; while :; do sleep 0.05; done',
  );
  t.deepEqual(outcome, { said: 'heard', code: 4 });
});

rooted('TERM ends everything, and what does not listen is killed a second later', async (t) => {
  const deaf = 'trap "" TERM; sleep 1000 & echo ready; wait; sleep 1000';
  const begin = performance.now();
  const { code } = await signalled('TERM', deaf);
  t.is(code, 128 + 9);
  t.true(performance.now() - begin >= 1000);
});

/** What a command prints arrives whole, wherever it goes; and who cannot be printed to is told of, or left in peace. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { packageRoot } from '../../src/package-root.ts';

const program = (name: string): string => join(packageRoot, 'bin', `${name}.js`);

/** A store whose containers' names fill more than a pipe. */
function manyContainers(t: ExecutionContext, count: number): string {
  const store = mkdtempSync(join(tmpdir(), 'tlxc-output-'));
  t.teardown(() => rmSync(store, { recursive: true }));
  for (let index = 0; index < count; index++) {
    const dir = join(store, `${'long'.repeat(14)}${index}`);
    mkdirSync(dir);
    writeFileSync(join(dir, 'config'), '');
  }
  return `${program('tlxc-ls')} -1 -P ${store}`;
}

const shell = (line: string) => spawnSync('bash', ['-c', line], { encoding: 'utf8' });

test('more than a pipe holds, to a reader that is slow, and through a pipe that others made not to wait', (t) => {
  const list = manyContainers(t, 1200);
  t.is(shell(`${list} | (sleep 0.3; wc -l)`).stdout, '1200\n');
  // A Node process that shares the pipe has it not wait.
  const sharing = `node -e 'process.stdout.write(""); setTimeout(() => {}, 3000)' & sleep 0.5`;
  t.is(shell(`(${sharing}; ${list}; wait) | (sleep 2; wc -l)`).stdout, '1200\n');
});

test('a reader that goes away ends it without a word', (t) => {
  const list = manyContainers(t, 1200);
  const { stdout, stderr } = shell(`${list} | head -c 4; echo " \${PIPESTATUS[0]}"`);
  t.deepEqual({ stdout, stderr }, { stdout: 'long 141\n', stderr: '' });
});

test('a disk that is full is an error', (t) => {
  const { status, stderr } = shell(`${manyContainers(t, 1)} > /dev/full`);
  t.is(status, 1);
  t.regex(stderr, /ENOSPC|no space left/i);
});

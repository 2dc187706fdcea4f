import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { writeFileAtomically } from '../../src/config/atomic-write.ts';
import { loader } from '../rig/typescript.ts';
import { scratch } from './scratch.ts';

const module = fileURLToPath(new URL('../../src/config/atomic-write.ts', import.meta.url));
const modeOf = (path: string): number => statSync(path).mode & 0o7777;

test('a file is replaced whole and nothing else is left', (t) => {
  const directory = scratch(t, { a: 'old' });
  writeFileAtomically(join(directory, 'a'), 'new', { mode: 0o640 });
  t.is(readFileSync(join(directory, 'a'), 'utf8'), 'new');
  t.is(modeOf(join(directory, 'a')), 0o640);
  writeFileAtomically(join(directory, 'a'), 'newer');
  t.is(modeOf(join(directory, 'a')), 0o640);
  t.deepEqual(readdirSync(directory), ['a']);
});

test('a link stays a link, and what it names is replaced', (t) => {
  const directory = scratch(t, { 'real/a': 'old' });
  symlinkSync('real/a', join(directory, 'link'));
  writeFileAtomically(join(directory, 'link'), 'new');
  t.true(lstatSync(join(directory, 'link')).isSymbolicLink());
  t.is(readFileSync(join(directory, 'real/a'), 'utf8'), 'new');
});

test('who reads it meanwhile has all of the old one', (t) => {
  const path = join(scratch(t, { a: 'old' }), 'a');
  const reader = openSync(path, 'r');
  t.teardown(() => closeSync(reader));
  writeFileAtomically(path, 'new');
  t.is(readFileSync(reader, 'utf8'), 'old');
});

test('a disk that takes no more leaves the old one, and nothing beside it', (t) => {
  const directory = scratch(t, { a: 'old' });
  const program = `import { writeFileAtomically } from ${JSON.stringify(module)};
    try { writeFileAtomically('a', 'x'.repeat(4096)); } catch (error) { console.log(error.code); }`;
  const node = [process.execPath, `--import=${loader}`, '--input-type=module', '-e', program];
  // One block of 1024 bytes to a file; who is not told by a signal is by the error.
  const limited = ['-c', 'trap "" XFSZ; ulimit -f 1; exec "$@"', 'bash', ...node];
  const { stdout } = spawnSync('bash', limited, { cwd: directory, encoding: 'utf8' });
  t.is(stdout, 'EFBIG\n');
  t.is(readFileSync(join(directory, 'a'), 'utf8'), 'old');
  t.deepEqual(readdirSync(directory), ['a']);
});

test('what a link leads to and no file is, a device of the host say, is not replaced', (t) => {
  const directory = scratch(t, {});
  // Stands for the device, which no test should risk.
  execFileSync('mkfifo', [join(directory, 'fifo')]);
  symlinkSync('fifo', join(directory, 'link'));
  for (const name of ['fifo', 'link'])
    t.throws(() => writeFileAtomically(join(directory, name), 'x'), {
      code: 'TLXC_E_STORAGE',
      message: `${join(directory, 'fifo')} is not replaced: it is no regular file`,
    });
  t.true(lstatSync(join(directory, 'fifo')).isFIFO());
  t.deepEqual(readdirSync(directory), ['fifo', 'link']);
});

test('a write that fails leaves the directory as it was', (t) => {
  const directory = scratch(t, {});
  mkdirSync(join(directory, 'taken'));
  t.throws(() => writeFileAtomically(join(directory, 'taken'), 'x'), { code: 'EISDIR' });
  t.deepEqual(readdirSync(directory), ['taken']);
});

/** V8's code caches: made by the build, taken by every run, whoever it is of. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { packageRoot } from '../../src/package-root.ts';
import { requires } from '../rig/requires.ts';

const commands = readdirSync(join(packageRoot, 'bin')).flatMap(
  (file) => /^(tlxc.*)\.js$/.exec(file)?.[1] ?? [],
);

/** What a process says that compiles all commands as their runs do: those whose cache is not taken. */
const script = `const { compile } = require(${JSON.stringify(join(packageRoot, 'bin/run.js'))});
console.log(JSON.stringify(${JSON.stringify(commands)}.filter((name) => compile(name).script.cachedDataRejected !== false)));`;

const notTaken = (...before: readonly string[]): unknown => {
  const { stdout, stderr } = spawnSync('env', [...before, process.execPath, '-e', script], {
    encoding: 'utf8',
    cwd: '/',
  });
  return stdout === '' ? stderr : JSON.parse(stdout);
};

test('every command has one, and its runs take it', (t) => {
  t.true(commands.length > 30);
  t.deepEqual(notTaken(), []);
});

const asRoot = requires('root');

asRoot('so do those of a user who may change nothing where TLXC is installed', (t) => {
  t.deepEqual(notTaken('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'), []);
});

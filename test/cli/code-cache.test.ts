/** V8's code caches: made by the build, taken by every run, whoever it is of. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { registry } from '../../src/config/registry.ts';
import { systemKeys } from '../../src/config/system-keys.ts';
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

/** Such as a cache that a package brings, made by a Node of the same version but another build. */
test('one of another build of V8 is never given to it', (t) => {
  const copy = copyPackage(t);
  const caches = readdirSync(join(copy, 'dist')).filter((file) => file.endsWith('.cache'));
  for (const file of caches) writeFileSync(join(copy, 'dist', file), 'no cache');
  const look = `const { compile } = require(${JSON.stringify(join(copy, 'bin/run.js'))});
const { cacheFile, script } = compile('tlxc-ls');
console.log(JSON.stringify([cacheFile, String(script.cachedDataRejected)]));`;
  const looked = (): unknown =>
    JSON.parse(spawnSync(process.execPath, ['-e', look], { encoding: 'utf8' }).stdout);
  const file = caches.find((name) => name.startsWith('tlxc-ls.')) ?? '';
  t.deepEqual(looked(), [join(copy, 'dist', file), 'true']);
  const { stdout } = spawnSync('readelf', ['-nW', process.execPath], { encoding: 'utf8' });
  const [, id] = /Build ID: ([0-9a-f]{40})/.exec(stdout) ?? [];
  // Where Node is a small program over a library, that is another one.
  if (statSync(process.execPath).size > 2 ** 24) t.is(file.split('.')[2], id?.slice(0, 16));
  renameSync(join(copy, 'dist', file), join(copy, 'dist', file.replace(/\w+(?=\.cache$)/, 'f'.repeat(16))));
  t.deepEqual(looked(), [join(copy, 'dist', file), 'undefined']);
});

const asRoot = requires('root');

asRoot('so do those of a user who may change nothing where TLXC is installed', (t) => {
  t.deepEqual(notTaken('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'), []);
});

/** A package of its own, without caches, and a directory for what its runs make. */
function copyPackage(t: ExecutionContext): string {
  const copy = mkdtempSync(join(tmpdir(), 'tlxc-warm-up-'));
  t.teardown(() => rmSync(copy, { recursive: true }));
  for (const part of ['.ci', 'bin', 'config', 'dist', 'native/build/Release', 'package.json', 'templates'])
    cpSync(join(packageRoot, part), join(copy, part), { recursive: true });
  mkdirSync(join(copy, 'tmp'));
  return copy;
}

asRoot('a plain user builds as many, and nothing is left of the runs that they come from', (t) => {
  const copy = copyPackage(t);
  const line = `cd ${copy} && rm dist/*.cache && chown -R 65534:65534 . &&
    TMPDIR=${copy}/tmp setpriv --reuid=65534 --regid=65534 --clear-groups ${process.execPath} .ci/warm-up.js`;
  const { status, stderr } = spawnSync('sh', ['-c', line], { encoding: 'utf8' });
  t.deepEqual([status, stderr, readdirSync(join(copy, 'tmp'))], [0, '', []]);
  t.is(readdirSync(join(copy, 'dist')).filter((name) => name.endsWith('.cache')).length, commands.length);
});

asRoot('a start is run as far as its monitor, which ends before it has done anything', (t) => {
  const copy = copyPackage(t);
  const env = { PATH: process.env['PATH'], TMPDIR: join(copy, 'tmp'), TLXC_WARM_UP: '1' };
  const { stdout, stderr } = spawnSync(process.execPath, ['.ci/warm-up.js'], {
    ...{ cwd: copy, env, encoding: 'utf8' },
  });
  for (const program of ['tlxc-start', 'tlxc-autostart'])
    t.regex(stderr, new RegExp(`^${program}: mute: cannot open the log .*/seed.conf/log \\(open\\)`, 'm'));
  t.notRegex(stdout + stderr, /mute +RUNNING/);
  t.deepEqual(readdirSync(join(copy, 'tmp')), []);
  const groups = spawnSync('find', ['/sys/fs/cgroup', '-name', '*mute*'], { encoding: 'utf8' });
  t.is(groups.stdout, '');
});

test('no command carries what manual pages say of keys', (t) => {
  const docs = [...registry, ...systemKeys]
    .map(({ doc }) => doc.slice(0, 60))
    .filter((doc) => doc.length > 30);
  t.true(docs.length > 50);
  for (const file of readdirSync(join(packageRoot, 'dist')).filter((name) => /^tlxc.*\.cjs$/.test(name))) {
    const text = readFileSync(join(packageRoot, 'dist', file), 'utf8');
    t.deepEqual(
      docs.filter((doc) => text.includes(doc)),
      [],
      file,
    );
  }
});

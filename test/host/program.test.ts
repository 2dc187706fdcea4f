import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { programError, startProgram } from '../../src/host/program.ts';
import { loader } from '../rig/typescript.ts';

const dir = mkdtempSync(join(tmpdir(), 'tlxc-program-'));
test.after.always(() => rmSync(dir, { recursive: true }));

async function linesOf(script: string): Promise<string[]> {
  const lines: string[] = [];
  await startProgram(['sh', '-c', script], { stdout: (line) => lines.push(line) }).ended;
  return lines;
}

test('lines end as files and terminals end them, wherever the pieces of them are cut', async (t) => {
  t.deepEqual(await linesOf(String.raw`printf 'a\nb\r\n\nc\rd'`), ['a', 'b', '', 'c', 'd']);
  t.deepEqual(await linesOf(String.raw`printf 'a\r'; sleep 0.1; printf '\nb'; sleep 0.1; printf 'c\n'`), [
    'a',
    'bc',
  ]);
  t.deepEqual(await linesOf(String.raw`printf 'a\342\200'; sleep 0.1; printf '\250b\n'`), ['a\u2028b']);
});

test('who is not read to the end blames the reader, and no memory', async (t) => {
  const failure = { code: 'TLXC_E_STORAGE', what: 'standard output could not be written' } as const;
  const ended = await startProgram(['sh', '-c', 'kill -PIPE $$']).ended;
  const { message, hint } = programError(ended, failure);
  t.is(message, 'standard output could not be written: sh: killed by SIGPIPE');
  t.is(hint, 'what was to read it has ended: see what that complains of');
});

test('what our own programs tell as data is told in words', async (t) => {
  const failure = { code: 'TLXC_E_STORAGE', what: 'the root filesystem could not be read' } as const;
  const data = {
    kind: 'failed',
    step: 'rootfs overlay',
    syscall: 'fsconfig',
    errno: 13,
    path: '/x',
    detail: '',
  };
  const told = async (line: string): Promise<string> => {
    const ended = await startProgram(['sh', '-c', `echo '${line}' >&2; exit 1`]).ended;
    return programError(ended, failure).message;
  };
  t.is(
    await told(JSON.stringify(data)),
    'the root filesystem could not be read: rootfs overlay, fsconfig, /x: permission denied (sh: exit status 1)',
  );
  const torn = '{"kind":"failed","step":';
  t.is(await told(torn), `the root filesystem could not be read: ${torn} (sh: exit status 1)`);
});

test('who is ended by a limit of the size of files blames that, and no memory', async (t) => {
  const failure = { code: 'TLXC_E_STORAGE', what: 'the file could not be written' } as const;
  const ended = await startProgram(['sh', '-c', 'ulimit -f 0; echo x > "$0"', join(dir, 'file')]).ended;
  const { message, hint } = programError(ended, failure);
  t.is(message, 'the file could not be written: sh: killed by SIGXFSZ');
  t.is(hint, 'raise the limit of the size of files (ulimit -f)');
});

test('without descriptors left nothing is started: told at once, and no signal goes astray', (t) => {
  const module = fileURLToPath(new URL('../../src/host/program.ts', import.meta.url));
  const program = `import { openSync } from 'node:fs'; import { startProgram } from ${JSON.stringify(module)};
    try { for (;;) openSync('/dev/null'); } catch {}
    try {
      const { child, ended } = startProgram(['true'], { stdout: 'pipe' });
      child.kill('SIGKILL');
      await ended;
    } catch (error) { console.log(error.code, error.syscall, error.path); }`;
  const node = [process.execPath, `--import=${loader}`];
  const line = `ulimit -n 100; "$@"; echo "status $?"`;
  // In a session of its own: what it kills with itself is nobody else.
  const words = ['-w', 'bash', '-c', line, 'bash', ...node, '--input-type=module', '-e', program];
  t.is(spawnSync('setsid', words, { encoding: 'utf8' }).stdout, 'EMFILE spawn setpriv\nstatus 0\n');
});

test('a line without an end is given in parts, in no more time than others', async (t) => {
  const begin = performance.now();
  const parts = await linesOf('head -c 100000000 /dev/zero');
  t.is(
    parts.reduce((sum, part) => sum + part.length, 0),
    1e8,
  );
  t.true(Math.max(...parts.map((part) => part.length)) < 1e6);
  // It was minutes where each piece had all those before it looked at again.
  t.true(performance.now() - begin < 20_000);
});

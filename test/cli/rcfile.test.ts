import test from 'ava';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DefinedCommand } from '../../src/cli/command.ts';
import { runCommand } from './run-command.ts';

const dir = mkdtempSync(join(tmpdir(), 'tlxc-rcfile-'));
test.after.always(() => rmSync(dir, { recursive: true }));
writeFileSync(join(dir, 'bad.conf'), 'lxc.uts.name = c1\nlxc.bogus = 3\n');
writeFileSync(join(dir, 'tlxc.conf'), `lxc.lxcpath = ${dir}/store\ntlxc.rundir = ${dir}/run\n`);

/** Of a container that does not exist; words that each needs beside its name. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  ...{ cgroup: ['cpu.shares'], console: [], copy: ['-N', 'c2'], destroy: [], freeze: [] },
  ...{ snapshot: ['-L'], stop: [], unfreeze: [], wait: ['-s', 'STOPPED'] },
};

for (const [name, words] of Object.entries(COMMANDS)) {
  const program = `tlxc-${name}`;
  const run = async (...more: readonly string[]) => {
    const { default: command } = (await import(`../../src/cli/${name}.ts`)) as { default: DefinedCommand };
    const env = { TLXC_CONF: join(dir, 'tlxc.conf') };
    return runCommand(command, ['-n', 'c1', ...words, ...more], { program, env, cwd: dir });
  };

  test(`${program} --rcfile names the line that is wrong, and the file that is missing`, async (t) => {
    const bad = await run('--rcfile', 'bad.conf');
    t.is(bad.exit, 1);
    t.true(bad.stderr.includes(`${dir}/bad.conf:2`), bad.stderr);
    t.regex(bad.stderr, /lxc\.bogus/);
    const missing = await run('--rcfile', 'missing.conf');
    t.is(missing.exit, 1);
    t.true(missing.stderr.includes(`${dir}/missing.conf`), missing.stderr);
    t.regex(missing.stderr, /cannot be read: no such file/);
  });
}

test('a renamed container keeps its configuration', async (t) => {
  const { default: copy } = await import('../../src/cli/copy.ts');
  const argv = ['-n', 'c1', '-N', 'c2', '-R', '--rcfile', 'bad.conf'];
  const { exit, stderr } = await runCommand(copy, argv, { program: 'tlxc-copy', cwd: dir });
  t.is(exit, 1);
  t.regex(stderr, /-R changes only the name: --rcfile goes with a copy/);
});

/** tlxc: one program for all commands. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { COMMAND_NAMES, NAMES_ELSEWHERE } from '../../src/cli/commands.ts';
import tlxc from '../../src/cli/tlxc.ts';
import { packageRoot, packageVersion } from '../../src/package-root.ts';
import { runCommand } from './run-command.ts';

const program = (name: string): string => join(packageRoot, 'bin', `${name}.js`);
const call = (...argv: readonly string[]) => runCommand(tlxc, argv, { program: 'tlxc' });

/** Without what differs from run to run. */
function outcome(file: string, ...argv: readonly string[]): unknown {
  const { status, stdout, stderr } = spawnSync(file, argv, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('it knows every command, and no other', (t) => {
  const names = readdirSync(join(packageRoot, 'bin')).flatMap(
    (file) => /^tlxc-(.*)\.js$/.exec(file)?.[1] ?? [],
  );
  t.deepEqual([...COMMAND_NAMES].sort(), names.sort());
  for (const meant of Object.values(NAMES_ELSEWHERE))
    t.true(names.includes(meant.split(' ')[0] ?? ''), meant);
  for (const name of names) t.false(name in NAMES_ELSEWHERE, `${name} is a command of its own`);
});

for (const argv of [
  ['start', 'nobody', '-P', '/nowhere'],
  ['ls', '-P', '/nowhere'],
  ['stop', '-P', '/nowhere', '-n', 'nobody'],
  ['wait', '--vers'],
  ['info'],
  ['start', '--nonsense'],
  ['update-config'],
])
  test(`tlxc ${argv.join(' ')}: as the command itself`, (t) => {
    const [name = '', ...words] = argv;
    t.deepEqual(outcome(program('tlxc'), ...argv), outcome(program(`tlxc-${name}`), ...words));
  });

test('alone, it lists the commands; help shows one', async (t) => {
  const { exit, stdout, stderr } = await call();
  t.deepEqual({ exit, stderr }, { exit: 0, stderr: '' });
  for (const name of COMMAND_NAMES) t.regex(stdout, new RegExp(`^  ${name} +\\S`, 'm'));
  for (const words of [['help'], ['--help'], ['-h'], ['--hel']]) t.is((await call(...words)).stdout, stdout);
  const options = execFileSync(program('tlxc'), ['help', 'freeze'], { encoding: 'utf8' });
  t.regex(options, /^Usage: tlxc-freeze --name=NAME\n/);
});

test('options of its own', async (t) => {
  t.deepEqual(await call('--version'), { exit: 0, stdout: `${packageVersion()}\n`, stderr: '' });
  t.is((await call('--usage')).stdout, 'Usage: tlxc COMMAND [ARGUMENT]...\n');
  const question = await call('-?');
  t.deepEqual({ exit: question.exit, stdout: question.stdout }, { exit: 1, stdout: '' });
  const page = readFileSync(join(packageRoot, 'man/tlxc.1'), 'utf8').replaceAll('\\', '');
  for (const option of ['-?', '-h', '--help', '--usage', '--version']) t.true(page.includes(option), option);
});

test('a command that is none: the nearest, or what it is called here', async (t) => {
  t.deepEqual(await call('strat', '-n', 'u1'), {
    exit: 1,
    stdout: '',
    stderr: `tlxc: there is no command 'strat' (did you mean start?)\n  hint: "tlxc help" lists all commands\n`,
  });
  t.regex((await call('exec', 'u1')).stderr, /hint: that is "tlxc attach" here/);
  t.regex((await call('help', 'strat')).stderr, /did you mean start/);
  t.regex((await call('__proto__')).stderr, /there is no command '__proto__'\n/);
  t.regex(
    (await call('-n', 'u1', 'start')).stderr,
    /invalid option -- 'n'\n {2}hint: options of a command stand after it/,
  );
  t.is((outcome(program('tlxc'), '../tlxc-start') as { status: number }).status, 1);
});

import test from 'ava';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineCommand, type Action, type Invocation } from '../../src/cli/command.ts';
import type { CommandSpec } from '../../src/cli/options.ts';
import { TlxcError } from '../../src/errors.ts';
import { runCommand, type CommandOutcome } from './run-command.ts';

const spec: CommandSpec = {
  program: 'tlxc-try',
  summary: 'tries the container NAME',
  usage: '--name=NAME',
  name: 'required',
  rest: 'words',
  exitCodes: { TLXC_E_NOT_RUNNING: 2 },
  options: [
    { flags: '-s, --define <KEY=VAL>', description: 'Set it', repeat: true },
    { flags: '-t, --timeout <T>', description: 'Wait' },
    { flags: '--no-humanize', description: 'Raw' },
    { flags: '-b, --black', description: 'Black', overrides: 'white' },
    { flags: '-w, --white', description: 'White', overrides: 'black' },
  ],
};
const dir = mkdtempSync(join(tmpdir(), 'tlxc-command-'));
const settings = join(dir, 'tlxc.conf');
writeFileSync(settings, `lxc.lxcpath = ${dir}/store\n`);
test.after.always(() => rmSync(dir, { recursive: true }));

interface Outcome extends CommandOutcome {
  readonly invocation: Invocation | undefined;
}

async function run(
  argv: readonly string[],
  changes: Partial<CommandSpec> = {},
  action?: Action,
): Promise<Outcome> {
  let invocation: Invocation | undefined;
  const command = defineCommand({ ...spec, ...changes }, (given, context) => {
    invocation = given;
    return action?.(given, context) ?? 0;
  });
  const outcome = await runCommand(command, argv, { env: { TLXC_CONF: settings }, cwd: '/tmp' });
  return { ...outcome, invocation };
}

test('the name is -n or the first word; the other words are the rest', async (t) => {
  const first = await run(['u1', 'ls', '--', '-l']);
  t.is(first.invocation?.name, 'u1');
  t.deepEqual(first.invocation?.rest, ['ls', '-l']);
  const named = await run(['-n', 'u1', 'ls']);
  t.is(named.invocation?.name, 'u1');
  t.deepEqual(named.invocation?.rest, ['ls']);
});

test('of two options that take each other back the last one counts', async (t) => {
  const { options } = (await run(['u1', '-bw'])).invocation ?? {};
  t.is(options?.['black'], undefined);
  t.true(options?.['white']);
  t.true((await run(['u1', '-w', '--black'])).invocation?.options['black']);
});

test('options are found by their long names; a repeated one is a list', async (t) => {
  const { invocation } = await run(['u1', '-s', 'a=1', '--define=b=2', '-t', '3', '-t4', '--no-humanize']);
  t.deepEqual(invocation?.options['define'], ['a=1', 'b=2']);
  t.is(invocation?.options['timeout'], '4');
  t.true(invocation?.options['noHumanize']);
});

test('-P is made absolute, without it the settings say where containers are', async (t) => {
  t.is((await run(['u1', '-P', 'store/'])).invocation?.lxcpath, '/tmp/store');
  t.is((await run(['u1'])).invocation?.lxcpath, join(dir, 'store'));
});

test('a second -P is refused', async (t) => {
  const { exit, stderr } = await run(['u1', '-P', '/a', '-P', '/b']);
  t.is(exit, 1);
  t.is(
    stderr,
    'tlxc-try: This command only accepts 1 -P,--lxcpath arguments\n  hint: tlxc-try --help shows what it takes\n',
  );
});

test('a missing name is an error, a word too many too', async (t) => {
  const none = await run([]);
  t.is(none.exit, 1);
  t.is(none.stderr, 'tlxc-try: No container name specified\n  hint: tlxc-try --help shows what it takes\n');
  const many = await run(['u1', 'u2'], { rest: 'none' });
  t.is(many.exit, 1);
  t.regex(many.stderr, /^tlxc-try: one argument too many: 'u2'\n/);
});

test('--help is on stderr and exits 0, -? exits 1, both before any other mistake', async (t) => {
  const help = await run(['--help', '--bogus']);
  t.is(help.exit, 0);
  t.is(help.stdout, '');
  t.regex(help.stderr, /^Usage: tlxc-try --name=NAME\n\ntlxc-try tries the container NAME\n\nOptions :\n/);
  t.regex(help.stderr, /-s, --define=KEY=VAL +Set it\n/);
  t.is((await run(['-?'])).exit, 1);
  // As in LXC, whose table has --help twice.
  t.is((await run(['--he'])).exit, 1);
});

test('an unknown option is named, and no help scrolls that away', async (t) => {
  const { exit, stderr } = await run(['--bogus', 'u1']);
  t.is(exit, 1);
  t.is(stderr, "tlxc-try: unrecognized option '--bogus'\n  hint: tlxc-try --help shows what it takes\n");
});

test('--version is the bare version on stdout; --usage lists the options in brackets', async (t) => {
  const version = await run(['--version']);
  t.regex(version.stdout, /^\d+\.\d+\.\d+\n$/);
  t.is(version.exit, 0);
  const usage = await run(['--usage']);
  t.regex(usage.stderr, /^Usage: tlxc-try \[-n\|--name=NAME\] \[-s\|--define=KEY=VAL\] /);
});

test('an error of the action is printed, and gives the exit code that belongs to it', async (t) => {
  const failing: Action = () => {
    throw new TlxcError({ code: 'TLXC_E_NOT_RUNNING', message: 'u1 is not running', container: 'u1' });
  };
  const loud = await run(['u1'], {}, failing);
  t.is(loud.exit, 2);
  t.is(loud.stderr, 'tlxc-try: u1 is not running\n  hint: tlxc-start -n u1 starts it\n');
  const quiet = await run(['u1', '-q'], {}, failing);
  t.is(quiet.exit, 2);
  t.is(quiet.stderr, '');
  t.is((await run(['u1'], { exitCodes: {} }, failing)).exit, 1);
});

test('a command that a hint offers looks into the store that -P named', async (t) => {
  const fail = () => {
    const hint =
      'tlxc-unfreeze -n u1 lets it act on the signal, tlxc-stop -k -n u1 kills it; tlxc-ls lists all';
    throw new TlxcError({ code: 'TLXC_E_TIMEOUT', message: 'no luck', container: 'u1', hint });
  };
  const hintOf = async (...argv: string[]) => /hint: (.*)/.exec((await run(argv, {}, fail)).stderr)?.[1];
  t.is(
    await hintOf('u1', '-P', '/else where'),
    "tlxc-unfreeze -P '/else where' -n u1 lets it act on the signal, tlxc-stop -P '/else where' -k -n u1 kills it; " +
      "tlxc-ls -P '/else where' lists all",
  );
  const plain = await hintOf('u1');
  t.is(
    plain,
    'tlxc-unfreeze -n u1 lets it act on the signal, tlxc-stop -k -n u1 kills it; tlxc-ls lists all',
  );
  t.is(await hintOf('u1', '-P', `${dir}/store`), plain, 'the one that is meant without it');
});

test('an archive given by -o is not begun as a log', async (t) => {
  for (const word of ['u1.tar', 'u1.tar.zst', 'u1.tgz']) {
    const archive = join(dir, word);
    const { exit, stderr } = await run(['u1', '-o', archive]);
    t.is(exit, 1);
    t.true(stderr.includes(`-o ${archive}: that is the log's name`), stderr);
    t.regex(stderr, /hint: leave out -o/);
    t.false(existsSync(archive));
  }
});

test('-o appends errors to a log, -l more than errors', async (t) => {
  const log = join(dir, 'log');
  await run(['u1', '-o', log], {}, () => {
    throw new TlxcError({ code: 'TLXC_E_SYSCALL', message: 'no luck' });
  });
  t.regex(
    readFileSync(log, 'utf8'),
    /^tlxc-try u1 \d{14}\.\d{3} ERROR {4}cli - tlxc-try: u1: no luck\n.*hint: .*\n$/,
  );
  const before = readFileSync(log, 'utf8');
  await run(['u1', '-o', log, '-l', 'info']);
  t.is(readFileSync(log, 'utf8'), before, 'a log may be standard output, which the answer has for itself');
  await run(['u1', '-o', log, '-l', 'debug']);
  t.regex(readFileSync(log, 'utf8'), /DEBUG {4}cli - tlxc-try u1 -o /);
});

test('an unknown log level and a log that cannot be written are errors before anything happens', async (t) => {
  const level = await run(['u1', '-l', 'loud']);
  t.is(level.exit, 1);
  t.is(level.invocation, undefined);
  const unwritable = await run(['u1', '-o', `${settings}/log`]);
  t.is(unwritable.exit, 1);
  t.is(unwritable.invocation, undefined);
  t.regex(
    unwritable.stderr,
    /^tlxc-try: cannot open \S+\/tlxc\.conf\/log: not a directory\n {2}hint: \S+\/tlxc\.conf is no directory: name another place\n/,
  );
});

test('a log on a full disk is told of once, and no command fails because of it', async (t) => {
  const full = await run(['u1', '-o', '/dev/full', '-l', 'debug']);
  t.is(full.exit, 0);
  t.is(full.stderr, 'tlxc-try: warning: the log /dev/full cannot be written: no space left on device\n');
  t.is((await run(['u1', '-q', '-o', '/dev/full', '-l', 'debug'])).stderr, '');
});

test('the directory of a log is made, as by LXC', async (t) => {
  const file = join(dir, 'new/logs/log');
  t.is((await run(['u1', '-o', file, '-l', 'DEBUG'])).exit, 0);
  t.regex(readFileSync(file, 'utf8'), /^tlxc-try u1 \d+\.\d+ DEBUG +cli - exit 0$/m);
});

import test from 'ava';
import stop from '../../src/cli/stop.ts';
import { runCommand } from './run-command.ts';

for (const [words, message] of [
  [['-k', '-r'], "-k can't be used with -r"],
  [['-k', '--nokill'], "-k can't be used with --nokill"],
  [['-k', '-t', '5'], "-k doesn't allow timeouts"],
  [['--nolock'], '--nolock may only be used with -k'],
  [['-t', 'abc'], "-t takes a number of seconds, not 'abc'"],
  [['-t', '-5'], 'Invalid timeout'],
] as const) {
  test(`refused before anything is sent: ${words.join(' ')}`, async (t) => {
    const { exit, stderr } = await runCommand(stop, ['-n', 'u1', ...words], { program: 'tlxc-stop' });
    t.is(exit, 1);
    t.is(stderr, `tlxc-stop: u1: ${message}\n  hint: tlxc-stop --help shows what it takes\n`);
  });
}

test('an unknown container is not running: 2', async (t) => {
  const { exit, stderr } = await runCommand(stop, ['-P', '/nonexistent', 'u1'], { program: 'tlxc-stop' });
  t.is(exit, 2);
  t.regex(stderr, /^tlxc-stop: u1 is not running\n {2}hint: there is no directory \/nonexistent: /);
});

import test from 'ava';
import { faultsIn } from './transcript.ts';

const lacks = (command: string, stderr: string): readonly string[] =>
  [
    ...(faultsIn(command, { code: 1, signal: null, stdout: '', stderr, milliseconds: 1 }) ?? '').matchAll(
      /^ {2}\^ (.*)$/gm,
    ),
  ].map(([, fault = '']) => fault);

test('an error with an object, a reason and a remedy is one that people can use', (t) => {
  const good =
    'tlxc-start: u1: cannot mount /srv/data: no such file or directory\n  at /c:3 (lxc.mount.entry)\n  hint: make it\n';
  t.deepEqual(lacks('tlxc-start -n u1', good), []);
  t.deepEqual(
    lacks('tlxc-stop u1', 'tlxc-stop: u1 is not running\n  hint: tlxc-ls --running lists those that do\n'),
    [],
  );
  const whole =
    'tlxc-create: u1: its configuration has a problem\n  /c:1:1: lxc.foo is not a known key\n    lxc.foo = 1\n    ^^^^^^^\n';
  t.deepEqual(lacks('tlxc-create -n u1', whole), []);
});

test('one that is vague is found out, whatever its hint is', (t) => {
  t.deepEqual(lacks('tlxc-net start', 'tlxc-net: something failed\n  hint: try again\n'), [
    'it names no object',
    'it gives no reason',
  ]);
  t.deepEqual(
    lacks('tlxc-start u1', 'tlxc-start: u1: /srv/data could not be mounted\n  hint: look there\n'),
    ['it gives no reason'],
  );
  t.deepEqual(lacks('tlxc-start u1', 'tlxc-start: u1: /srv: permission denied\n'), [
    'nothing is said of what can be done',
  ]);
});

test('what is told as JSON is judged alike', (t) => {
  const told = { level: 'error', command: 'tlxc-ls', object: null, hint: null, problems: [], findings: [] };
  const json = (fields: object): string => `${JSON.stringify({ ...told, ...fields })}\n`;
  t.deepEqual(lacks('tlxc-ls --json', json({ message: 'it failed' })), [
    'it names no object',
    'it gives no reason',
    'nothing is said of what can be done',
  ]);
  t.deepEqual(
    lacks('tlxc-ls --json', json({ message: 'no such container', object: 'u1', hint: 'make it' })),
    [],
  );
  t.deepEqual(lacks('tlxc-ls --json', json({ level: 'warning', message: 'x' })), []);
});

test('each error of a command counts, and what a hint offers has to be there', (t) => {
  const two = 'tlxc-start: u1: /a: no such file\n  hint: make it\ntlxc-start: u2: /b: no such file\n';
  t.deepEqual(lacks('tlxc-start u1 u2', two), ['nothing is said of what can be done']);
  const wrong =
    'tlxc-start: u1: /a: no such file\n  hint: tlxc-mend -x, or tlxc-stop --gently -n u1; not /tmp/tlxc-x\n';
  t.deepEqual(lacks('tlxc-start u1', wrong), ['there is no tlxc-mend', 'tlxc-stop takes no --gently']);
});

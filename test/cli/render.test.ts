import test from 'ava';
import { printable, renderError } from '../../src/cli/render.ts';
import { TlxcError } from '../../src/errors.ts';

test('an error names the program, the container, the reason in words, the line of the configuration, and a way out', (t) => {
  const error = new TlxcError({
    code: 'TLXC_E_SYSCALL',
    message: 'cannot mount /srv/data',
    errno: 'ENOENT',
    where: { file: '/var/lib/tlxc/u1/config', line: 12, key: 'lxc.mount.entry' },
    hint: "'optional' skips the entry",
  });
  t.deepEqual(renderError('tlxc-start', error, 'u1'), [
    'tlxc-start: u1: cannot mount /srv/data: no such file or directory',
    '  at /var/lib/tlxc/u1/config:12 (lxc.mount.entry)',
    "  hint: 'optional' skips the entry",
  ]);
});

test('every problem of a configuration has its line', (t) => {
  const problems = [
    '/c/u1/config:3: lxc.foo is not a known key',
    '/c/u1/config:9: lxc.tty.max = x: not a number',
  ];
  const error = new TlxcError({
    code: 'TLXC_E_CONFIG',
    message: 'its configuration has 2 problems',
    problems,
  });
  t.deepEqual(
    renderError('tlxc-start', error, 'u1').slice(1),
    problems.map((problem) => `  ${problem}`),
  );
});

test('a name that the sentence begins with is not said twice', (t) => {
  const error = new TlxcError({ code: 'TLXC_E_NOT_RUNNING', message: 'u1 is not running' });
  t.deepEqual(renderError('tlxc-stop', error, 'u1'), ['tlxc-stop: u1 is not running']);
});

test('nothing in an error can drive the terminal', (t) => {
  const error = new TlxcError({ code: 'TLXC_E_IMAGE', message: 'bad \u001b]0;x\u0007\r\n\u009bname \u202e' });
  t.deepEqual(renderError('tlxc-create', error), [
    'tlxc-create: bad \\x1b]0;x\\x07\\x0d\\n\\x9bname \\u202e',
  ]);
  t.is(printable('ünïcödé\tis kept'), 'ünïcödé\tis kept');
});

test('an error of the file system is a sentence too', (t) => {
  const error = Object.assign(new Error('x'), { code: 'EACCES', syscall: 'open', path: '/etc/x' });
  t.deepEqual(renderError('tlxc-ls', error), ['tlxc-ls: open /etc/x: permission denied']);
});

test('a bug shows where it is', (t) => {
  const [first, , ...stack] = renderError('tlxc-ls', new Error('oops'));
  t.is(first, 'tlxc-ls: internal error, please report it');
  t.true(stack.length > 0);
});

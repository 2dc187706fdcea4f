import test from 'ava';
import { printable } from '../../src/cli/printable.ts';
import { renderError } from '../../src/cli/render.ts';
import { TlxcError } from '../../src/errors.ts';
import { Problem, type ProblemDetails } from '../../src/problem.ts';

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

const ofConfig = (...problems: readonly ProblemDetails[]): string[] =>
  renderError(
    'tlxc-start',
    new TlxcError({
      code: 'TLXC_E_CONFIG',
      message: 'its configuration has problems',
      problems: problems.map((details) => new Problem(details)),
    }),
    'u1',
  ).slice(1);

test('a problem of a configuration shows its line, with a caret under what is wrong', (t) => {
  const key: ProblemDetails = {
    message: 'lxc.tty.mx is not a known key',
    at: { file: '/c/u1/config', line: 3, column: 1 },
    fault: { part: 'key', nearest: 'lxc.tty.max', allowed: ['lxc.tty.dir', 'lxc.tty.max'] },
    source: { text: 'lxc.tty.mx = 4', start: 0, length: 10 },
  };
  const value: ProblemDetails = {
    message: 'it must be 0 or 1',
    at: { file: '/c/u1/config', line: 9, column: 15 },
    subject: { key: 'lxc.autodev', value: 'yes' },
    fault: { allowed: ['0', '1'] },
    source: { text: '\tlxc.autodev = yes \r', start: 15, length: 3 },
  };
  t.deepEqual(ofConfig(key, value), [
    '  /c/u1/config:3:1: lxc.tty.mx is not a known key',
    '    lxc.tty.mx = 4',
    '    ^^^^^^^^^^ did you mean lxc.tty.max?',
    '    allowed: lxc.tty.dir, lxc.tty.max',
    '  /c/u1/config:9:15: lxc.autodev: it must be 0 or 1',
    '    lxc.autodev = yes',
    '                  ^^^',
  ]);
});

test('a problem without a line is one line', (t) => {
  const subject = { key: 'lxc.autodev', value: 'yes' };
  t.deepEqual(ofConfig({ message: 'it must be 0 or 1', at: { file: '', line: 0 }, subject }), [
    '  -s: lxc.autodev = yes: it must be 0 or 1',
  ]);
  t.deepEqual(ofConfig({ message: 'lxc.rootfs.path is not set' }), ['  lxc.rootfs.path is not set']);
});

test('a long line is cut around what is wrong, and the caret stands where it should', (t) => {
  const text = `lxc.environment = ${'x'.repeat(150)} 名字é wrong ${'y'.repeat(150)}`;
  const lines = ofConfig({
    message: 'bad',
    at: { file: 'f', line: 1 },
    source: { text, start: text.indexOf('wrong'), length: 5 },
  });
  t.true(lines.every((line) => line.length <= 110));
  const [, shown = '', marks = ''] = lines;
  // Two of the characters before it are as wide as two.
  t.is(marks.indexOf('^'), shown.indexOf('wrong') + 2);
  t.regex(shown, /^ {4}….*….?$/);
});

test('a name that the sentence begins with is not said twice', (t) => {
  const error = new TlxcError({ code: 'TLXC_E_NOT_RUNNING', message: 'u1 is not running', container: 'u1' });
  t.deepEqual(renderError('tlxc-stop', error, 'u1'), [
    'tlxc-stop: u1 is not running',
    '  hint: tlxc-start -n u1 starts it',
  ]);
});

test('nothing in an error can drive the terminal', (t) => {
  const error = new TlxcError({ code: 'TLXC_E_IMAGE', message: 'bad \u001b]0;x\u0007\r\n\u009bname \u202e' });
  t.deepEqual(renderError('tlxc-create', error), [
    'tlxc-create: bad \\x1b]0;x\\x07\\x0d\\n\\x9bname \\u202e',
    '  hint: fetch it again, or take another',
  ]);
  t.is(printable('ünïcödé\tis kept'), 'ünïcödé\tis kept');
});

test('an error of the file system is a sentence too', (t) => {
  const error = Object.assign(new Error('x'), { code: 'EACCES', syscall: 'open', path: '/etc/x' });
  t.deepEqual(renderError('tlxc-ls', error), [
    'tlxc-ls: cannot open /etc/x: permission denied',
    process.geteuid?.() === 0
      ? '  hint: root may do that unless something else is in the way: lsattr -d /etc/x, findmnt -T /etc/x, dmesg'
      : '  hint: there is no x in /etc (ls -A /etc)',
  ]);
  const moved = { code: 'EXDEV', syscall: 'rename', path: '/a', dest: '/b' };
  t.is(
    renderError('tlxc-ls', Object.assign(new Error('x'), moved))[0],
    'tlxc-ls: cannot rename /a to /b: cross-device link not permitted',
  );
  const run = { code: 'EMFILE', syscall: 'spawn setpriv', path: 'setpriv' };
  t.is(
    renderError('tlxc-ls', Object.assign(new Error('x'), run))[0],
    'tlxc-ls: cannot run the program setpriv: too many open files',
  );
});

test('a bug shows where it is', (t) => {
  const [first, , ...stack] = renderError('tlxc-ls', new Error('oops'));
  t.is(first, 'tlxc-ls: internal error, please report it');
  t.true(stack.length > 0);
});

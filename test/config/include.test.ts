import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { load, problemsOf, scratch } from './scratch.ts';

test('a file is included where it is written, relative to the file that includes it', (t) => {
  const directory = scratch(t, {
    config: 'lxc.tty.max = 1\nlxc.include = sub/a.conf\nlxc.pty.max = 3\n',
    'sub/a.conf': 'lxc.tty.max = 2\nlxc.pty.max = 2\nlxc.include = b.conf\n',
    'sub/b.conf': 'lxc.uts.name = b\n',
  });
  const config = load(join(directory, 'config'));
  t.is(config.ttyMax, 2);
  t.is(config.ptyMax, 3);
  t.deepEqual(config.utsName, {
    value: 'b',
    at: { file: join(directory, 'sub/b.conf'), line: 1, key: 'lxc.uts.name' },
  });
  t.deepEqual(
    config.inputs.map(({ path }) => path.slice(directory.length + 1)),
    ['config', 'sub/a.conf', 'sub/b.conf'],
  );
});

test('of a directory every *.conf is included, by name', (t) => {
  const directory = scratch(t, {
    config: 'lxc.include = d\nlxc.include = d/\nlxc.include = missing/\n',
    'd/20.conf': 'lxc.group = two\n',
    'd/10.conf': 'lxc.group = one\n',
    'd/README': 'no key at all\n',
  });
  t.deepEqual(load(join(directory, 'config')).groups, ['one', 'two', 'one', 'two']);
});

test('the same file may be included twice, one after the other', (t) => {
  const directory = scratch(t, { config: 'lxc.include = a\nlxc.include = a\n', a: 'lxc.group = x\n' });
  t.deepEqual(load(join(directory, 'config')).groups, ['x', 'x']);
});

test('an include that is missing, or is no file, is named with its line', (t) => {
  const directory = scratch(t, {
    config: '\nlxc.include = missing\nlxc.include = fifo\nlxc.include = bad\n',
    bad: 'a\n\xff\0',
  });
  execFileSync('mkfifo', [join(directory, 'fifo')]);
  t.deepEqual(problemsOf(t, join(directory, 'config')), [
    'config:2: lxc.include = missing: cannot be read: no such file',
    'config:3: lxc.include = fifo: it is a FIFO, not a regular file',
    'config:4: lxc.include = bad: bad:2: it contains a NUL byte, so it is not a text file',
  ]);
});

test('a circle is refused with both of its lines', (t) => {
  const directory = scratch(t, {
    self: 'lxc.include = self\n',
    config: '\nlxc.include = a\n',
    a: '\n\nlxc.include = b\n',
    b: 'lxc.include = ./a\n',
  });
  t.deepEqual(problemsOf(t, join(directory, 'self')), [
    'self:1: lxc.include = self: self includes itself: it is the configuration being read',
  ]);
  t.deepEqual(problemsOf(t, join(directory, 'config')), [
    'b:1: lxc.include = ./a: a includes itself: it is already being read, included at config:2',
  ]);
});

test('includes go sixteen files deep', (t) => {
  const files = Object.fromEntries(
    Array.from({ length: 17 }, (_, index) => [
      `f${index}`,
      `lxc.group = g${index}\nlxc.include = f${index + 1}\n`,
    ]),
  );
  const directory = scratch(t, { ...files, f17: '' });
  t.is(load(join(directory, 'f3')).groups.length, 14);
  t.deepEqual(problemsOf(t, join(directory, 'f0')), [
    'f15:2: lxc.include = f16: includes go more than 16 files deep here',
  ]);
});

test('what is shipped is found wherever the package lies', (t) => {
  const directory = scratch(t, { config: 'lxc.include = /usr/share/tlxc/config/common.conf\n' });
  t.is(load(join(directory, 'config')).ttyMax, 4);
});

test('-s includes relative to where the caller is', (t) => {
  const directory = scratch(t, { config: '', more: 'lxc.tty.max = 7\n' });
  t.is(load(join(directory, 'config'), [`lxc.include=${join(directory, 'more')}`]).ttyMax, 7);
});

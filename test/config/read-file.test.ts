import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { readConfigFile } from '../../src/config/read-file.ts';
import { TlxcError } from '../../src/errors.ts';
import { scratch } from './scratch.ts';

test('a text comes with what identifies its file', (t) => {
  const file = join(scratch(t, { config: 'lxc.a = ü\n' }), 'config');
  const { text, input } = readConfigFile(file);
  t.is(text, 'lxc.a = ü\n');
  t.like(input, { path: file, size: 11 });
});

test('a FIFO, a device and a directory are refused at once, by what they are', (t) => {
  const directory = scratch(t, {});
  execFileSync('mkfifo', [join(directory, 'fifo')]);
  const message = (path: string): string =>
    t.throws(() => readConfigFile(path), { instanceOf: TlxcError }).message;
  t.is(message(join(directory, 'fifo')), `${directory}/fifo: it is a FIFO, not a regular file`);
  t.is(message('/dev/zero'), '/dev/zero: it is a character device, not a regular file');
  t.is(message(directory), `${directory}: it is a directory, not a regular file`);
});

test('what is no configuration is refused with its line', (t) => {
  const directory = scratch(t, {
    nul: 'a\nb\nc\0d\n',
    latin: Buffer.from('a\nb\nlxc.uts.name = caf\xe9\n', 'latin1'),
    large: Buffer.alloc(1024 * 1024 + 1, 0x20),
    limit: Buffer.alloc(1024 * 1024, 0x20),
    replacement: 'lxc.a = \ufffd\n',
  });
  const message = (name: string): string =>
    t
      .throws(() => readConfigFile(join(directory, name)), { instanceOf: TlxcError })
      .message.replace(`${directory}/`, '');
  t.is(message('nul'), 'nul:3: it contains a NUL byte, so it is not a text file');
  t.is(message('latin'), 'latin:3: it is not UTF-8');
  t.regex(message('large'), /^large: it is 1048577 bytes long/);
  t.is(message('missing'), 'missing: cannot be read: no such file');
  t.is(readConfigFile(join(directory, 'limit')).text.length, 1024 * 1024);
  t.is(readConfigFile(join(directory, 'replacement')).text, 'lxc.a = \ufffd\n');
});

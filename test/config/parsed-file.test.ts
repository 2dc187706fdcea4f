import { renameSync, statSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parsedFile } from '../../src/config/parsed-file.ts';
import { TlxcError } from '../../src/errors.ts';
import { scratch } from './scratch.ts';

test('lines that say nothing are left out, the others keep their numbers', (t) => {
  const file = join(scratch(t, { a: '# x\n\nlxc.a = 1\nlxc.b\r\nother = 2\n' }), 'a');
  t.deepEqual(parsedFile(file).lines, [
    { kind: 'entry', key: 'lxc.a', value: '1', line: 3 },
    { kind: 'malformed', text: 'lxc.b', line: 4 },
    { kind: 'foreign', text: 'other = 2', line: 5 },
  ]);
});

test('a file that has not changed is read once, one that has anew, however it was changed', (t) => {
  const directory = scratch(t, { a: 'lxc.a = 1\n', b: 'lxc.a = 2\n' });
  const file = join(directory, 'a');
  const later = Date.now() + 60_000;
  const value = () => parsedFile(file, later).lines[0];
  t.not(parsedFile(file, 0), parsedFile(file, 0), 'it may change again before its times show it');
  t.is(parsedFile(file, later), parsedFile(file, later));
  const { atime, mtime } = statSync(file);
  writeFileSync(file, 'lxc.a = 3\n');
  utimesSync(file, atime, mtime);
  t.like(value(), { value: '3' }, 'of the same size, with its old times');
  renameSync(join(directory, 'b'), file);
  t.like(value(), { value: '2' });
  unlinkSync(file);
  t.throws(value, { instanceOf: TlxcError, message: /no such file/ });
  symlinkSync('a', file);
  t.throws(value, { instanceOf: TlxcError, message: /too many symbolic links/ });
});

import { execFileSync } from 'node:child_process';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readNote, readRegular } from '../../src/config/open-file.ts';
import { TlxcError } from '../../src/errors.ts';
import { scratch } from './scratch.ts';

const MIB = 1024 * 1024;

test("a configuration's own file is read whole up to 16 MiB, and refused by name beyond", (t) => {
  const file = join(scratch(t, { file: '' }), 'file');
  truncateSync(file, 16 * MIB);
  t.is(readRegular(file)?.bytes.length, 16 * MIB);
  truncateSync(file, 16 * MIB + 1);
  const { message, code, hint } = t.throws(() => readRegular(file), { instanceOf: TlxcError });
  t.is(code, 'TLXC_E_CONFIG');
  t.is(message, `${file} is 16777217 bytes long: a file of a configuration's own has at most 16 MiB`);
  t.truthy(hint);
});

test('what is no file of its own is none: absent, a directory, a FIFO that nobody writes to', (t) => {
  const directory = scratch(t, {});
  execFileSync('mkfifo', [join(directory, 'fifo')]);
  for (const path of [join(directory, 'absent'), directory, join(directory, 'fifo')])
    t.is(readRegular(path), null, path);
});

test('a note is read up to a mebibyte, and never waited for', (t) => {
  const directory = scratch(t, { note: 'why\n' });
  const note = join(directory, 'note');
  t.is(readNote(note), 'why\n');
  truncateSync(note, MIB + 1);
  t.is(readNote(note), '');
  execFileSync('mkfifo', [join(directory, 'fifo')]);
  t.is(readNote(join(directory, 'fifo')), '');
});

import { lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { writeFileAtomically } from '../../src/config/atomic-write.ts';
import { scratch } from './scratch.ts';

const modeOf = (path: string): number => statSync(path).mode & 0o7777;

test('a file is replaced whole and nothing else is left', (t) => {
  const directory = scratch(t, { a: 'old' });
  writeFileAtomically(join(directory, 'a'), 'new', { mode: 0o640 });
  t.is(readFileSync(join(directory, 'a'), 'utf8'), 'new');
  t.is(modeOf(join(directory, 'a')), 0o640);
  writeFileAtomically(join(directory, 'a'), 'newer');
  t.is(modeOf(join(directory, 'a')), 0o640);
  t.deepEqual(readdirSync(directory), ['a']);
});

test('a link stays a link, and what it names is replaced', (t) => {
  const directory = scratch(t, { 'real/a': 'old' });
  symlinkSync('real/a', join(directory, 'link'));
  writeFileAtomically(join(directory, 'link'), 'new');
  t.true(lstatSync(join(directory, 'link')).isSymbolicLink());
  t.is(readFileSync(join(directory, 'real/a'), 'utf8'), 'new');
});

test('a write that fails leaves the directory as it was', (t) => {
  const directory = scratch(t, {});
  mkdirSync(join(directory, 'taken'));
  t.throws(() => writeFileAtomically(join(directory, 'taken'), 'x'), { code: 'EISDIR' });
  t.deepEqual(readdirSync(directory), ['taken']);
});

/** What is written about the library: every export has its words, and tlxc(3) has every error code. */
import test from 'ava';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { libraryPage } from '../.ci/manual-library.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

test('every export of the library, and every method of its classes, is documented', (t) => {
  const typedoc = join(
    dirname(createRequire(import.meta.url).resolve('typedoc/package.json')),
    'bin/typedoc',
  );
  const words = [typedoc, '--options', '.ci/typedoc.json', '--emit', 'none', '--logLevel', 'Warn'];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' });
  t.is(status, 0, stdout + stderr);
});

test('tlxc(3) is as it is written from the error codes', (t) => {
  t.is(readFileSync(join(root, 'man/tlxc.3'), 'utf8'), libraryPage(), 'npm run build:manual writes it');
});

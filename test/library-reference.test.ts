/** What is written about the library: every export has its words, and tlxc(3) has every error code. */
import test from 'ava';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { libraryPage } from '../.ci/manual-library.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Options of commands in the words of a page, but for those in brackets or of a whole command line. */
const optionsTold = (page: string): string[] =>
  page
    .replaceAll(/```[^]*?```|`[^`]*`|\([^()]*\)|^>.*$|tlxc-[a-z]+( -\S+)+/gm, '')
    .split('\n')
    .filter((line) => /(^|\s)\\?--?[A-Za-z]/.test(line));

test('every export of the library, and every method of its classes, is documented, for its users alone', (t) => {
  const out = mkdtempSync(join(tmpdir(), 'tlxc-api-'));
  t.teardown(() => rmSync(out, { recursive: true }));
  const typedoc = join(
    dirname(createRequire(import.meta.url).resolve('typedoc/package.json')),
    'bin/typedoc',
  );
  const words = [typedoc, '--options', '.ci/typedoc.json', '--out', out, '--logLevel', 'Warn'];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' });
  t.is(status, 0, stdout + stderr);
  const pages = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.md'),
  );
  t.true(pages.includes('classes/Container.md'));
  for (const name of pages) {
    const text = readFileSync(join(out, name), 'utf8');
    t.notRegex(
      text,
      /native\/|src\//,
      `${name}: where something lies in the sources is nothing to a program`,
    );
    // One that is drawn from a schema would fill the pages of whatever gives it.
    // One that is drawn from a schema would fill the pages of whatever gives it. It tells the words of commands itself.
    if (name.includes('StartPlan')) continue;
    t.notRegex(text, /deviceRules/, `${name}: the plan has a page of its own`);
    t.deepEqual(optionsTold(text), [], `${name}: a program has properties, not options`);
  }
});

test('tlxc(3) is as it is written from the error codes', (t) => {
  t.is(readFileSync(join(root, 'man/tlxc.3'), 'utf8'), libraryPage(), 'npm run build:manual writes it');
});

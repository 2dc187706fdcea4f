/** What CONTRIBUTING.md and ARCHITECTURE.md name is there: files, folders, scripts of npm, words of the code; and no room is missing. */
import test from 'ava';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../src/package-root.ts';

const DOCUMENTS = ['CONTRIBUTING.md', 'ARCHITECTURE.md'];
const text = (path: string): string => readFileSync(join(packageRoot, path), 'utf8');

/** What stands between backquotes, but for blocks of commands. */
const quoted = (document: string): string[] =>
  [
    ...text(document)
      .replaceAll(/^```[^]*?^```/gm, '')
      .matchAll(/`([^`\n]+)`/g),
  ].map(([, words = '']) => words);

/** Where a document stands when it names a file. */
const FROM = ['', 'src', 'native', 'src/container', 'src/image', 'native/executor'];
/** What is built is not in a clone. */
const PATH = /^(?!dist\/)[a-z.][\w.-]*\/[\w./-]*$/;

/** Names of the code: NAMES_LIKE, functionsLike, call(…). */
const NAME = /(?<![\w./-])(?:\w+[A-Z_]\w*|\w+(?=\())(?![\w/]|\.\w)/g;

const SOURCE = /\.(ts|cc|h|js|json|gyp)$/;
const sources = (): string =>
  ['src', 'native', 'test', '.ci', 'config', 'bin']
    .flatMap((folder) =>
      readdirSync(join(packageRoot, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        join(folder, name),
      ),
    )
    .filter((path) => SOURCE.test(path) && !/^native\/(build|prebuilds)\/|^test\/documents/.test(path))
    .map(text)
    .join('\n');

test('the files and folders that the documents name are there', (t) => {
  for (const document of DOCUMENTS)
    for (const path of quoted(document).flatMap((words) => words.split(' ')))
      if (PATH.test(path))
        t.true(
          FROM.some((place) => existsSync(join(packageRoot, place, path))),
          `${document}: ${path}`,
        );
});

test('the words of the code that the documents name are there', (t) => {
  const code = sources();
  for (const document of DOCUMENTS)
    for (const words of quoted(document))
      for (const [word] of words.matchAll(NAME))
        t.true(code.includes(word), `${document}: ${word} in ${words}`);
});

test("the scripts that the documents run are npm's", (t) => {
  const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };
  for (const document of [...DOCUMENTS, 'README.md'])
    for (const [, name = ''] of text(document).matchAll(/npm run (?:-s )?([a-z0-9:-]+)/g))
      t.true(name in scripts, `${document}: ${name}`);
});

test('ARCHITECTURE.md has a row for every room', (t) => {
  const [, table = ''] = text('ARCHITECTURE.md').split('## The rooms');
  const rooms = ['src', 'native'].flatMap((folder) =>
    readdirSync(join(packageRoot, folder), { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() && !['build', 'prebuilds'].includes(entry.name)
        ? [`\`${folder}/${entry.name}/\``]
        : [],
    ),
  );
  t.deepEqual(
    rooms.filter((room) => !table.includes(room)),
    [],
  );
});

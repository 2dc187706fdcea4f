// The rules of the house that no linter knows: sizes, which room may import which, what native code must not contain.
// Prints one line a violation, file:line: reason, and exits 1.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import ts from 'typescript';

interface Source {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

/** Files below a directory whose name ends so. */
function sources(directory: string, ends: RegExp): Source[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && ends.test(entry.name))
    .map((entry) => relative('.', join(entry.parentPath, entry.name)))
    .filter((path) => !/\/build\/|\.gen\./.test(path))
    .map((path) => {
      const text = readFileSync(path, 'utf8');
      return { path, text, lines: text.split('\n') };
    });
}

const typescript = [...sources('src', /\.ts$/), ...sources('test', /\.ts$/), ...sources('.ci', /\.ts$/)];
const native = sources('native', /\.(cc|h)$/);
const problems: string[] = [];
const report = (path: string, line: number, reason: string): void =>
  void problems.push(`${path}:${line}: ${reason}`);

/** Arrows: a room may import its own files, those of lower rooms, and the files beside the rooms. */
const rank: Readonly<Record<string, number>> = {
  cli: 0,
  container: 1,
  ...{ plan: 2, image: 2, storage: 2, network: 2, monitor: 2 },
  ...{ config: 3, host: 3, native: 4 },
};
/** Finer than the ranks: the compiler is pure. */
const forbidden: readonly (readonly [string, string])[] = [['plan', 'native']];

const roomOf = (path: string): string | undefined => /^src\/([a-z]+)\//.exec(path)?.[1];

function importsOf({ path, text }: Source): string[] {
  return ts
    .preProcessFile(text)
    .importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName }) => normalize(join(dirname(path), fileName)));
}

const graph = new Map(typescript.map((source) => [source.path, importsOf(source)]));

function checkArrow(path: string, target: string): void {
  const [from, to] = [roomOf(path), roomOf(target)];
  if (from === undefined || from === to) return;
  const [own, other] = [rank[from] ?? -1, to === undefined ? 9 : (rank[to] ?? -1)];
  if (!target.startsWith('src/') || target === 'src/index.ts')
    report(path, 1, `src must not import ${target}`);
  else if (other <= own || forbidden.some(([a, b]) => a === from && b === to)) {
    report(path, 1, `${from}/ must not import ${to ?? ''}/ (${target})`);
  }
}

/** Reports each cycle once, by its members from the first one met. */
function checkCycles(): void {
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) {
      report(path, 1, `import cycle: ${[...trail.slice(at), path].join(' -> ')}`);
      return;
    }
    if (done.has(path)) return;
    for (const target of graph.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
}

/** Folders beside each other in a room: where each imports of the other, what both use belongs above them. */
function checkNeighbours(): void {
  const arrows = new Map<string, string>();
  for (const [path, targets] of graph)
    for (const target of targets.filter(() => path.startsWith('src/')))
      if (dirname(dirname(path)) === dirname(dirname(target)))
        arrows.set(`${dirname(path)} ${dirname(target)}`, `${path} imports ${target}`);
  for (const [arrow, example] of arrows) {
    const [from = '', to = ''] = arrow.split(' ');
    const back = arrows.get(`${to} ${from}`);
    if (from < to && back !== undefined) report(from, 1, `imports both ways: ${example}, ${back}`);
  }
}

/** Reports each line of the files that matches. */
function ban(files: readonly Source[], pattern: RegExp, reason: string): void {
  for (const { path, lines } of files) {
    lines.forEach((line, index) => {
      if (pattern.test(line)) report(path, index + 1, reason);
    });
  }
}

/** Functions at namespace level, as clang-format lays them out: from a line that ends in ") {" to "}" in column 0. */
function checkFunctionLength({ path, lines }: Source, limit: number): void {
  let begin = -1;
  lines.forEach((line, index) => {
    if (/^\S.*[)\w] \{$/.test(line) && !/^(namespace|struct|class|enum|union|extern)\b/.test(line))
      begin = index;
    else if (
      /^ {2,}\S.*\) (const |noexcept )*\{$/.test(line) &&
      begin < 0 &&
      /^\S/.test(lines[index - 1] ?? '')
    )
      begin = index - 1;
    if (!line.startsWith('}') || begin < 0) return;
    if (index - begin + 1 > limit)
      report(path, begin + 1, `a function of ${index - begin + 1} lines; ${limit} are the limit`);
    begin = -1;
  });
}

for (const { path, lines } of [...typescript, ...native]) {
  const limit = path.endsWith('.ts') ? 500 : 600;
  if (lines.length > limit) report(path, limit, `${lines.length} lines; ${limit} are the limit`);
}
for (const { path } of typescript) {
  if (!/^[^A-Z_]+$/.test(path)) report(path, 1, 'file names are written in kebab-case');
  if (/\/(utils?|helpers?|misc|common)\.ts$/.test(path) && path.startsWith('src/')) {
    report(path, 1, 'a file is named after its subject');
  }
}
for (const [path, targets] of graph) for (const target of targets) checkArrow(path, target);
checkCycles();
checkNeighbours();

/** Codes for which src/remedy.ts or the command line knows what to do. */
const REMEDIED = /TLXC_E_(USAGE|NOT_RUNNING|RUNNING|SYSCALL|INTERNAL)/;

/** Every error says what can be done: a hint, or the problems or findings that tell it. */
function checkRemedies({ path, text }: Source): void {
  if (!path.startsWith('src/') || !text.includes('new TlxcError')) return;
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const visit = (node: ts.Node): void => {
    const [details] =
      ts.isNewExpression(node) && node.expression.getText() === 'TlxcError' ? (node.arguments ?? []) : [];
    if (details && ts.isObjectLiteralExpression(details)) {
      const named = (property: ts.ObjectLiteralElementLike): boolean =>
        ts.isSpreadAssignment(property) || /^(hint|problems|findings)\b/.test(property.getText());
      const code =
        details.properties.find((property) => property.getText().startsWith('code'))?.getText() ?? '';
      const line = file.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      if (!details.properties.some(named) && !REMEDIED.test(code))
        report(path, line, 'an error that does not say what can be done: give it a hint');
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
}

for (const source of typescript) checkRemedies(source);

const outsideBinding = typescript.filter(
  ({ path }) => path.startsWith('src/') && path !== 'src/native/binding.ts',
);
ban(outsideBinding, /tlxc\.node|createRequire/, 'only src/native/binding.ts loads the addon');
ban(native, /\bgetenv\b/, 'native code is told everything by its plan, it reads no environment');
ban(native, /"lxc\./, 'native code knows no configuration keys');
for (const source of native) checkFunctionLength(source, 60);

/** What a native file includes of our own, and what these include, itself among them. */
function included(source: Source, seen: Set<Source>): Set<Source> {
  if (seen.has(source)) return seen;
  seen.add(source);
  for (const [, name = ''] of source.text.matchAll(/^#include "(.*)"/gm)) {
    const places = [join(dirname(source.path), name), join('native', name)];
    const found = native.find(({ path }) => places.includes(path));
    if (found) included(found, seen);
  }
  return seen;
}

// Which header of the library brings another along differs from compiler to compiler.
for (const source of native.filter(({ text }) => /\bu?int(8|16|32|64|ptr)_t\b/.test(text))) {
  if (![...included(source, new Set())].some(({ text }) => /^#include <(cstdint|stdint\.h)>/m.test(text)))
    report(
      source.path,
      1,
      'who names a type of so many bits includes <cstdint>, or a file of ours that does',
    );
}
ban(
  [...typescript.filter(({ path }) => path.startsWith('src/')), ...native],
  /\/work\/|\/tmp\/brief/,
  'a path of one machine',
);

/** Tests are run by name where no glob finds them: one that has moved would no longer be. */
for (const path of ['CONTRIBUTING.md', '.ci/test', 'test/vm/suite'])
  readFileSync(path, 'utf8')
    .split('\n')
    .forEach((line, index) => {
      for (const [name] of line.matchAll(/\btest\/[\w/-]+\.test\.ts\b/g))
        if (!existsSync(name)) report(path, index + 1, `there is no ${name}`);
    });

const architecture = readFileSync('ARCHITECTURE.md', 'utf8').split('\n').length;
if (architecture > 200) report('ARCHITECTURE.md', 200, `${architecture} lines; 200 are the limit`);

for (const problem of problems) console.log(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

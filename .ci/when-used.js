// A bundle in which every module waits for its first use, ours and Node's: a command runs a part of what it is made of. Our imports
// become require() where a name is used (import { f } from './m.ts'; f() is require('./m.ts').f()), and esbuild makes a
// function of each module.
import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import ts from 'typescript';

const compilerOptions = {
  module: ts.ModuleKind.CommonJS,
  target: ts.ScriptTarget.ES2022,
  removeComments: true,
};

/** As TypeScript writes an import of ours. */
const IMPORT = /^const (\w+_\d+) = require\(("\.[^"]+")\);$/gm;

function withLazyImports(fileName) {
  const { outputText } = ts.transpileModule(readFileSync(fileName, 'utf8'), { compilerOptions, fileName });
  return (
    [...outputText.matchAll(IMPORT)]
      .reduce(
        (text, [line, name, module]) =>
          text.replace(line, '').replaceAll(new RegExp(`\\b${name}\\b`, 'g'), `(require(${module}))`),
        outputText,
      )
      // It would make an ES module of it. Only where nothing is bundled is it asked for.
      .replaceAll('import.meta.url', "''")
  );
}

/** For esbuild. */
export const whenUsed = {
  name: 'when-used',
  setup(build) {
    build.onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ path, resolveDir }) => ({
      path: relative('.', resolve(resolveDir, path)),
      namespace: 'when-used',
    }));
    build.onLoad({ filter: /.*/, namespace: 'when-used' }, ({ path }) => ({
      contents: withLazyImports(path),
      resolveDir: resolve(dirname(path)),
    }));
  },
};

/** Modules of Node's that are not in its own start-up snapshot: each takes up to 5 ms to load. */
const COSTLY = [
  ...[
    'child_process',
    'crypto',
    'fs/promises',
    'net',
    'os',
    'process',
    'readline',
    'stream',
    'stream/promises',
  ],
  ...['string_decoder', 'timers/promises', 'tty', 'zlib'],
];

/** What the code of `waiting` needs. */
export const waitingHead = `
var __node = {};
var __whenUsed = (name) => {
  let module;
  return new Proxy({}, { get: (_, key) => (module ??= require(name))[key] });
};`;

/** The code of a bundle, in which Node is asked once for a module of its own, and for these when they are first used. */
export const waiting = (code) =>
  code.replace(/\brequire\("node:([a-z_/]+)"\)/g, (_, name) => {
    const load = COSTLY.includes(name) ? '__whenUsed' : 'require';
    return `(__node["${name}"]??=${load}("node:${name}"))`;
  });

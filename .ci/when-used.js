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

/** As TypeScript writes an import of ours, and an import() of ours, which waits anyway. */
const IMPORT = /^(?:const|var) (\w+_\d+) = require\(("\.[^"]+")\);$/gm;
const DYNAMIC_IMPORT = /Promise\.resolve\(\)\.then\(\(\) => require\("\.[^"]+"\)\)/g;

/** Keys with what manual pages say of them; they are written from the sources. */
const DESCRIBED = /^src\/config\/(?:registry\/|system-keys)/;

/** For TypeScript: without the properties `doc`. */
const withoutDescriptions = (context) => {
  const visit = (node) =>
    ts.isPropertyAssignment(node) && node.name.getText() === 'doc'
      ? undefined
      : ts.visitEachChild(node, visit, context);
  return (file) => ts.visitNode(file, visit);
};

function withLazyImports(fileName) {
  const transformers = DESCRIBED.test(fileName) ? { before: [withoutDescriptions] } : {};
  const { outputText } = ts.transpileModule(readFileSync(fileName, 'utf8'), {
    ...{ compilerOptions, fileName, transformers },
  });
  const other = /^.*\brequire\("\..*$/m.exec(
    outputText.replaceAll(IMPORT, '').replaceAll(DYNAMIC_IMPORT, ''),
  );
  if (other)
    throw new Error(`${fileName}: an import of a form that .ci/when-used.js does not know: ${other[0]}`);
  return (
    [...outputText.matchAll(IMPORT)]
      .reduce(
        (text, [line, name, module]) =>
          text.replace(line, '').replaceAll(new RegExp(`\\b${name}\\b`, 'g'), `(require(${module}))`),
        outputText,
      )
      // What other tools know a module by, and names before they have values: nobody asks.
      .replace(/^Object\.defineProperty\(exports, "__esModule", \{ value: true \}\);$/m, '')
      .replace(/^(?:exports\.\w+ = )+void 0;$/m, '')
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

const NODE_MODULE = /\brequire\("node:([a-z_/]+)"\)/g;

/** What the code of `waiting` needs. Of a module that waits only members can be had: it has no keys, and nothing is `in` it. */
export const waitingHead = `
var __node = {};
var __whenUsed = (name) => {
  let module;
  return new Proxy({}, { get: (_, key) => (module ??= require(name))[key] });
};
var __milliseconds = () => {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
};`;

/** For esbuild's `define`: the clock of node:perf_hooks takes a millisecond to load. Both count from some moment of their own. */
export const clock = { 'performance.now': '__milliseconds' };

/**
 * The code of a bundle, in which Node is asked once for a module of its own, and for the costly ones when they are first used.
 * Throws where something would be loaded all the same.
 */
export function waiting(code) {
  const left = code.replaceAll(NODE_MODULE, '');
  const other = /.{0,60}(?:\brequire\(["'`]node:|\bperformance\.).{0,60}/.exec(left);
  if (other) throw new Error(`a use of Node's that .ci/when-used.js does not know: ${other[0]}`);
  return code.replace(NODE_MODULE, (_, name) => {
    const load = COSTLY.includes(name) ? '__whenUsed' : 'require';
    return `(__node["${name}"]??=${load}("node:${name}"))`;
  });
}

/** As esbuild writes what runs a module once, and where a module begins and ends in it. */
const WRAPPER = '(0,cb[__getOwnPropNames(cb)[0]])((mod={exports:{}})';
const BEGIN = /(\bvar require_\w+=__commonJS\()\{"[^"]+"(?=\(exports)/g;
const END = /\}\}\);(?=\n?var (?:command|require_\w+)=)/g;

/**
 * The code of a command's bundle, in which V8 makes no shape of an object for each module: a module is a function, not the one
 * property of an object, and what it exports is kept in a table. A millisecond and a half, a third of it by the table.
 */
export function shapeless(code) {
  const modules = code.match(BEGIN)?.length;
  if (!code.includes(WRAPPER) || modules !== code.match(END)?.length)
    throw new Error('esbuild wraps modules in a form that .ci/when-used.js does not know');
  return code
    .replace(WRAPPER, 'cb((mod={exports:Object.create(null)})')
    .replaceAll(END, '});')
    .replaceAll(BEGIN, '$1function');
}

// node --import=./.ci/typescript.js FILE.ts: how TypeScript runs here, the tests before all. esbuild takes the types out of a module, once
// for the words that it has, and nothing else of how Node loads modules is changed: of a test file's second that was half.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire, register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

// Node asks `load` in a thread of its own, for which it reads this file again. Where no older Node than 22.15 is supported, registerHooks
// does it without: from Node 26 on register warns.
if (isMainThread) register(import.meta.url);

const options = {
  ...{ loader: 'ts', target: 'node20', sourcemap: 'inline', sourcesContent: false },
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
};
const { version } = createRequire(import.meta.url)('esbuild/package.json');
const maker = JSON.stringify([version, options]);
const cache = fileURLToPath(new URL('../node_modules/.cache/tlxc-typescript/', import.meta.url));

/** Under another name first: other test files look for it at the same time. Some kilobytes an edit; npm ci empties it. */
function keep(kept, code) {
  try {
    mkdirSync(cache, { recursive: true });
    const mine = `${kept}.${process.pid}`;
    writeFileSync(mine, code);
    renameSync(mine, kept);
  } catch {
    // Of another user's checkout: it is made again each time.
  }
}

async function translated(file) {
  const text = readFileSync(file, 'utf8');
  const kept = cache + createHash('sha1').update([maker, file, text].join('\0')).digest('hex');
  try {
    return readFileSync(kept, 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EACCES') throw error;
  }
  const { transform } = await import('esbuild');
  const { code } = await transform(text, { ...options, sourcefile: file });
  keep(kept, code);
  return code;
}

export async function load(url, context, next) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
  return { format: 'module', source: await translated(fileURLToPath(url)), shortCircuit: true };
}

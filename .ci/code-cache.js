// Runs a bundled command once and writes V8's code cache of it: what the run has compiled need not be compiled again.
// node .ci/code-cache.js COMMAND ARGUMENT…
import { createRequire } from 'node:module';
import { renameSync, writeFileSync } from 'node:fs';

const { compile, runCompiled } = createRequire(import.meta.url)('../bin/run.js');
const [, , name, ...words] = process.argv;
const compiled = compile(name);
process.argv.splice(2, Infinity, ...words);
process.on('exit', () => {
  if (compiled.cacheFile === null) return;
  writeFileSync(`${compiled.cacheFile}.new`, compiled.script.createCachedData());
  renameSync(`${compiled.cacheFile}.new`, compiled.cacheFile);
  process.exitCode = 0; // what the run came to does not matter
});
runCompiled(compiled);

// One bundled file a command (dist/tlxc-start.cjs …) and the library (dist/index.js). CommonJS for the commands
// because Node loads it 4 ms faster; packages that few runs need stay outside and are imported when needed.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { tidyLibraryTypes } from './library-types.js';
import { clock, shapeless, waiting, waitingHead, whenUsed } from './when-used.js';

const external = ['tar', '@inquirer/select', 'cli-progress', '*.node'];
/** What src/cli calls a program's file: start, of tlxc-start. */
const sourceName = (program) => program.replace(/^tlxc-/, '');
const programs = readdirSync('bin')
  .filter((file) => /^tlxc(-.*)?\.js$/.test(file))
  .map((file) => file.replace(/\.js$/, ''))
  .filter((program) => existsSync(`src/cli/${sourceName(program)}.ts`));
const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  legalComments: 'none',
  logLevel: 'warning',
  external,
};

/** The entry of a command: nothing but "run it". */
const entries = {
  name: 'entries',
  setup(build) {
    build.onResolve({ filter: /^command:/ }, ({ path }) => ({ path, namespace: 'command' }));
    build.onLoad({ filter: /.*/, namespace: 'command' }, ({ path }) => ({
      contents: `
        const command = require('./src/cli/${sourceName(path.slice('command:'.length))}.ts').default;
        void require('./src/cli/main.ts').main('${path.slice('command:'.length)}', command);`,
      resolveDir: process.cwd(),
    }));
  },
};

/** undici is a file beside the bundles: .ci/undici.js, .ci/undici-in-commands.js. */
const undici = (path) => ({
  name: 'undici',
  setup(build) {
    build.onResolve({ filter: /^undici$/ }, () => ({ path, external: true }));
  },
});

const packageRoot = `var __tlxcPackageRoot = require("node:path").dirname(__dirname);`;
const isProgram = (path) => programs.includes(basename(path, '.cjs'));

/** run.js calls it as Node calls a module; the last characters are the build's id. */
function asModule(code) {
  const whole = `(function (exports, require, module, __filename, __dirname) {${code}\n})`;
  return `${whole} // build ${createHash('sha256').update(whole).digest('hex').slice(0, 16)}`;
}

const { outputFiles } = await build({
  ...common,
  entryPoints: [
    ...programs.map((program) => ({ in: `command:${program}`, out: program })),
    // What a plain user's tlxc-create runs with power over subordinate ids.
    { in: 'src/storage/name-rootfs-program.ts', out: 'name-rootfs' },
    { in: 'src/storage/diff-program.ts', out: 'diff-trees' },
  ],
  // As bin/run.js finds it, whose require() they have.
  plugins: [entries, undici('../dist/undici-in-commands.cjs'), whenUsed],
  outdir: 'dist',
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  minifySyntax: true,
  minifyWhitespace: true,
  // import() becomes require(): a script that comes from a code cache has no loader for it.
  supported: { 'dynamic-import': false },
  define: clock,
  banner: { js: `${waitingHead}${packageRoot}` },
  write: false,
});
const http = await build({
  ...common,
  entryPoints: ['.ci/undici.js', '.ci/undici-in-commands.js'],
  external: ['./undici.cjs'],
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  minifyWhitespace: true,
  write: false,
});
mkdirSync('dist', { recursive: true });
for (const { path, contents } of [...outputFiles, ...http.outputFiles]) {
  const text = Buffer.from(contents).toString();
  const code = path.includes('/undici') ? text : waiting(text);
  // By rename: a command that begins meanwhile has the old one or the new.
  writeFileSync(`${path}.new`, isProgram(path) ? asModule(shapeless(code)) : code);
  renameSync(`${path}.new`, path);
}
await build({
  ...common,
  entryPoints: ['src/index.ts'],
  plugins: [undici('./undici.cjs')],
  outfile: 'dist/index.js',
  format: 'esm',
});
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const types = spawnSync(process.execPath, [tsc, '-p', '.ci/types.json'], { stdio: 'inherit' });
if (types.status === 0) await tidyLibraryTypes();
process.exit(types.status ?? 1);

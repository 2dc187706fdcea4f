// One bundled file a command (dist/tlxc-start.cjs …) and the library (dist/index.js). CommonJS for the commands
// because Node loads it 4 ms faster; packages that few runs need stay outside and are imported when needed.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { tidyLibraryTypes } from './library-types.js';

const external = ['undici', 'tar', '@inquirer/select', 'cli-progress', '*.node'];
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
        import command from './src/cli/${sourceName(path.slice('command:'.length))}.ts';
        import { main } from './src/cli/main.ts';
        void main('${path.slice('command:'.length)}', command);`,
      resolveDir: process.cwd(),
    }));
  },
};

/** Modules of Node's that take a millisecond and more to load, and most runs never call: loaded at the first use of an export. */
const costly = ['child_process', 'crypto', 'fs/promises', 'net', 'os', 'readline', 'timers/promises'];
const whenUsed = {
  name: 'when-used',
  setup(build) {
    const modules = new RegExp(`^node:(${costly.join('|')})$`);
    build.onResolve({ filter: modules }, ({ path, namespace }) =>
      namespace === 'when-used' ? { path, external: true } : { path, namespace: 'when-used' },
    );
    // What esbuild makes of it for each importer inherits from this: nothing is copied.
    build.onLoad({ filter: modules, namespace: 'when-used' }, ({ path }) => ({
      contents: `module.exports = Object.create(new Proxy({}, { get: (_, name) => require('${path}')[name] }));`,
    }));
  },
};

/** Code caches of runs that read, and change nothing: a store with one container, which does not run. */
function warmUp() {
  const store = mkdtempSync(join(tmpdir(), 'tlxc-build-'));
  mkdirSync(join(store, 'u1'));
  writeFileSync(join(store, 'tlxc.conf'), `tlxc.rundir = ${store}/run\n`);
  // A start ends where the run directory is made: below a file there is none.
  writeFileSync(join(store, 'idle.conf'), `tlxc.rundir = ${store}/tlxc.conf/run\n`);
  const lines = [
    'lxc.start.auto = 1',
    'lxc.include = /usr/share/tlxc/config/debian.common.conf',
    `lxc.rootfs.path = dir:${store}`,
  ];
  const net = ['type = veth', 'link = tlxcbr0', 'flags = up'].map((line) => `lxc.net.0.${line}`);
  writeFileSync(join(store, 'u1', 'config'), [...lines, ...net, ''].join('\n'));
  const runs = {
    autostart: [],
    ls: ['-f'],
    net: ['status'],
    config: ['-l'],
    create: ['--help'],
    destroy: ['u2'],
    export: ['--help'],
    import: ['--help'],
    top: ['--count', '1', '--json'],
    wait: ['-s', 'STOPPED', 'u1'],
    monitor: ['-Q'],
    export: ['--help'],
  };
  for (const program of programs) {
    const words = program === 'tlxc' ? ['strat'] : ['-P', store, ...(runs[sourceName(program)] ?? ['u1'])];
    const starts = ['tlxc-start', 'tlxc-autostart'].includes(program);
    const env = { ...process.env, TLXC_CONF: join(store, starts ? 'idle.conf' : 'tlxc.conf') };
    spawnSync(process.execPath, [resolve('.ci/code-cache.js'), program, ...words], {
      cwd: store,
      env,
      timeout: 20_000,
    });
  }
  rmSync(store, { recursive: true });
}

const { outputFiles } = await build({
  ...common,
  entryPoints: [
    ...programs.map((program) => ({ in: `command:${program}`, out: program })),
    // What a plain user's tlxc-create runs with power over subordinate ids.
    { in: 'src/storage/name-rootfs-program.ts', out: 'name-rootfs' },
    { in: 'src/storage/diff-program.ts', out: 'diff-trees' },
  ],
  plugins: [entries, whenUsed],
  outdir: 'dist',
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  minifySyntax: true,
  minifyWhitespace: true,
  // import() becomes require(): a script that comes from a code cache has no loader for it.
  supported: { 'dynamic-import': false },
  logOverride: { 'empty-import-meta': 'silent' },
  banner: { js: "var __tlxcPackageRoot = require('node:path').dirname(__dirname);" },
  write: false,
});
mkdirSync('dist', { recursive: true });
for (const file of readdirSync('dist')) if (file.endsWith('.cache')) rmSync(`dist/${file}`);
for (const { path, contents } of outputFiles) {
  // bin/run.js reads the build's id from the last characters.
  const id = createHash('sha256').update(contents).digest('hex').slice(0, 16);
  writeFileSync(path, `${Buffer.from(contents).toString()}// build ${id}`);
}
await build({ ...common, entryPoints: ['src/index.ts'], outfile: 'dist/index.js', format: 'esm' });
warmUp();
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const types = spawnSync(process.execPath, [tsc, '-p', '.ci/types.json'], { stdio: 'inherit' });
if (types.status === 0) await tidyLibraryTypes();
process.exit(types.status ?? 1);

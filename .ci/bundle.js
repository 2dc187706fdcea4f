// One bundled file a command (dist/tlxc-start.cjs …) and the library (dist/index.js). CommonJS for the commands
// because Node loads it 4 ms faster; packages that few runs need stay outside and are imported when needed.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { existsSync, readdirSync } from 'node:fs';

const external = ['undici', 'tar', '@inquirer/select', 'cli-progress', '*.node'];
const commands = readdirSync('bin')
  .filter((file) => /^tlxc-.*\.js$/.test(file))
  .map((file) => file.replace(/^tlxc-|\.js$/g, ''))
  .filter((name) => existsSync(`src/cli/${name}.ts`));
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
        import command from './src/cli/${path.slice('command:'.length)}.ts';
        import { main } from './src/cli/main.ts';
        void main('tlxc-${path.slice('command:'.length)}', command);`,
      resolveDir: process.cwd(),
    }));
  },
};

await build({
  ...common,
  entryPoints: commands.map((name) => ({ in: `command:${name}`, out: `tlxc-${name}` })),
  plugins: [entries],
  outdir: 'dist',
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  minifySyntax: true,
  minifyWhitespace: true,
  logOverride: { 'empty-import-meta': 'silent' },
  banner: { js: "var __tlxcPackageRoot = require('node:path').dirname(__dirname);" },
});
await build({ ...common, entryPoints: ['src/index.ts'], outfile: 'dist/index.js', format: 'esm' });
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const types = spawnSync(process.execPath, [tsc, '-p', '.ci/types.json'], { stdio: 'inherit' });
process.exit(types.status ?? 1);

// One bundled file a command (dist/tlxc-start.cjs …) and the library (dist/index.js). CommonJS for the commands
// because Node loads it faster; packages that few runs need stay outside and are imported when needed.
import { build } from 'esbuild';
import { readdirSync } from 'node:fs';

const external = ['undici', 'tar', '@inquirer/select', 'cli-progress', '*.node'];
const commands = readdirSync('bin')
  .filter((file) => /^tlxc-.*\.js$/.test(file))
  .map((file) => file.replace(/^tlxc-|\.js$/g, ''));
const common = { bundle: true, platform: 'node', target: 'node20', legalComments: 'none', logLevel: 'warning', external };

await build({
  ...common,
  entryPoints: commands.map((name) => ({ in: `src/cli/${name}.ts`, out: `tlxc-${name}` })),
  outdir: 'dist',
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  minifySyntax: true,
  minifyWhitespace: true,
  logOverride: { 'empty-import-meta': 'silent' },
  banner: { js: "var __tlxcPackageRoot = require('node:path').dirname(__dirname);" },
});
await build({ ...common, entryPoints: ['src/index.ts'], outfile: 'dist/index.js', format: 'esm' });

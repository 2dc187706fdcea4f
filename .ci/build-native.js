// Compiles the addon and the static executables with node-gyp. Node's own headers are used where they lie beside
// the node binary; only where they do not does node-gyp fetch them.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';

const prefix = dirname(dirname(process.execPath));
const gyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
const task =
  existsSync('native/build/Makefile') && !process.argv.includes('--clean')
    ? ['configure', 'build']
    : ['rebuild'];
const args = [gyp, ...task, '-C', 'native', '--jobs', 'max', '--loglevel', 'error'];
if (existsSync(join(prefix, 'include/node/node_api.h'))) args.push('--nodedir', prefix);
const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
process.exit(status ?? 1);

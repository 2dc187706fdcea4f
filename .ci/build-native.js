// Compiles the addon and the static executables with node-gyp. Node's own headers are used where they lie beside
// the node binary; only where they do not does node-gyp fetch them.
// --arch=arm64: with a cross compiler, into native/prebuilds/linux-arm64, which npm packs beside this machine's own.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createRequire } from 'node:module';

/** By the name that Node has for it: GNU's, and what Debian needs beside the compiler. */
const CROSS = { arm64: 'aarch64-linux-gnu', x64: 'x86_64-linux-gnu' };
const DEBIAN = { arm64: 'arm64', x64: 'amd64' };

const prefix = dirname(dirname(process.execPath));
const gyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');

/** Runs node-gyp in a directory with the sources. Gives its exit status. */
function compile(directory, task, more = [], env = process.env) {
  const args = [gyp, ...task, '-C', directory, '--jobs', 'max', '--loglevel', 'error', ...more];
  if (existsSync(join(prefix, 'include/node/node_api.h'))) args.push('--nodedir', prefix);
  return spawnSync(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'], env }).status ?? 1;
}

/** In a copy of the sources: what is built for this machine stays. */
function crossCompile(arch) {
  const gnu = CROSS[arch];
  if (gnu === undefined || spawnSync(`${gnu}-g++`, ['--version']).status !== 0) {
    const debian = DEBIAN[arch] ?? arch;
    const libraries = ['libseccomp-dev', 'libcap-dev', 'libnl-3-dev'].map((name) => `${name}:${debian}`);
    console.error(
      `build-native: there is no compiler for ${arch}: dpkg --add-architecture ${debian} && apt-get update && ` +
        `apt-get install g++-${(gnu ?? arch).replace('_', '-')} ${libraries.join(' ')}`,
    );
    return 1;
  }
  const work = mkdtempSync(join(tmpdir(), 'tlxc-cross-'));
  try {
    cpSync('native', join(work, 'native'), {
      recursive: true,
      filter: (path) => !/^native\/(build|prebuilds)$/.test(path),
    });
    symlinkSync(resolve('node_modules'), join(work, 'node_modules'));
    const tools = { CC: `${gnu}-gcc`, CXX: `${gnu}-g++`, AR: `${gnu}-ar`, LINK: `${gnu}-g++` };
    const status = compile(join(work, 'native'), ['rebuild'], [`--arch=${arch}`], {
      ...process.env,
      ...tools,
    });
    if (status !== 0) return status;
    const [built, kept] = [join(work, 'native/build/Release'), `native/prebuilds/linux-${arch}`];
    rmSync(kept, { recursive: true, force: true });
    mkdirSync(kept, { recursive: true });
    for (const name of readdirSync(built).filter((each) => /^tlxc(-[a-z-]+|\.node)$/.test(each))) {
      copyFileSync(join(built, name), join(kept, name));
      spawnSync(`${gnu}-strip`, ['--strip-unneeded', join(kept, name)]);
    }
    console.log(kept);
    return 0;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const wanted = process.argv.find((word) => word.startsWith('--arch='))?.slice('--arch='.length);
// What lies there was built from other sources: npm packs what TLXC_PREBUILDS names (arm64), built now.
if (process.argv.includes('--prebuilds')) {
  rmSync('native/prebuilds', { recursive: true, force: true });
  const others = (process.env['TLXC_PREBUILDS'] ?? '').split(/[ ,]+/).filter(Boolean);
  process.exit(others.map(crossCompile).find((status) => status !== 0) ?? 0);
}
const isOther = wanted !== undefined && wanted !== process.arch;
const isConfigured = existsSync('native/build/Makefile') && !process.argv.includes('--clean');
process.exit(
  isOther ? crossCompile(wanted) : compile('native', isConfigured ? ['configure', 'build'] : ['rebuild']),
);

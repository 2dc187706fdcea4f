// Runs a bundled command. V8's code cache beside the bundle saves compiling it at every run (a third of a command's own
// start-up). It is named after the bundle and the build of V8, so that it never belongs to other code: V8 itself takes one that
// another release of the same Node made, or one for another machine, and crashes. Without one a command compiles what it uses.
'use strict';
const { readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { Script } = require('node:vm');

const root = dirname(__dirname);
const dist = join(root, 'dist');
/** So many characters name a build: the bundle's last ones, written by .ci/bundle.js, and the first of V8's. */
const BUILD_ID = 16;

/** What was built here, else what the package brings for this machine: as src/package-root.ts has it. */
const PLACES = ['native/build/Release', `native/prebuilds/linux-${process.arch}`];

/** undefined where it cannot be loaded: the command says why, if it needs it. src/native/binding.ts finds it here. */
function loadAddon() {
  for (const place of PLACES) {
    const module = { exports: {} };
    try {
      process.dlopen(module, join(root, place, 'tlxc.node'));
      return (globalThis[Symbol.for('tlxc.addon')] = module.exports);
    } catch {
      // The next one, then.
    }
  }
  return undefined;
}

/**
 * Signals that whoever called ignores (nohup, trap ''), as each program that is started from a shell inherits it. Node sets all to
 * their default before any code runs, so the commands begin as a line of sh, which looks (SigIgn of proc(5)). Others have a meaning
 * of their own to Node.
 */
const IGNORED = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGUSR2: 12,
  SIGTERM: 15,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
};

function ignoreAsBefore(addon) {
  const { TLXC_IGNORED: mask } = process.env;
  if (mask === undefined) return;
  delete process.env.TLXC_IGNORED;
  if (!/^[0-9a-f]*[1-9a-f][0-9a-f]*$/.test(mask)) return;
  const bits = BigInt(`0x${mask}`);
  const names = Object.keys(IGNORED).filter((name) => (bits >> BigInt(IGNORED[name] - 1)) & 1n);
  // src/host/ignored-signals.ts finds them here.
  globalThis[Symbol.for('tlxc.ignored')] = names;
  addon?.ignoreSignals({ signals: names.map((name) => IGNORED[name]) });
}

/** The text of a bundle, all of it ASCII, which V8 keeps as it is. The addon maps it, since most of it is never looked at: 1.5 ms. */
const readText = (path, addon) => addon?.mapText({ path }) ?? readFileSync(path, 'latin1');

/** Where the code cache for this V8 is or should be; null: it does not say which it is. */
function cacheOf(name, source, addon) {
  const v8 = addon?.v8Build().slice(0, BUILD_ID);
  return v8 ? join(dist, `${name}.${source.slice(-BUILD_ID)}.${v8}.cache`) : null;
}

/** The bundle as a script, not yet run, and its code cache's place. */
function compile(name) {
  const filename = join(dist, `${name}.cjs`);
  const addon = loadAddon();
  ignoreAsBefore(addon);
  const source = readText(filename, addon);
  const cacheFile = cacheOf(name, source, addon);
  const cachedData = (cacheFile && addon.mapBytes({ path: cacheFile })) ?? undefined;
  // A cache keeps the name that it was made with: the path would be the build machine's.
  const script = new Script(source, { filename: `${name}.cjs`, cachedData });
  return { filename, script, cacheFile };
}

function run({ filename, script }) {
  const module = { exports: {} };
  script.runInThisContext()(module.exports, require, module, filename, dist);
}

module.exports = { compile, run: (name) => run(compile(name)), runCompiled: run };

/**
 * npm run bench: TLXC beside Debian's lxc, in one scratch world, in turns, on the same machine at the same time.
 * Prints medians and the ratio of TLXC's to LXC's. `npm run bench -- --rounds 5` is quicker and rougher;
 * `--only start,running,create,copy,ephemeral,images,many,autostart,throughput` runs a part; `--containers 100` is how many `many` are.
 */
import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnSync } from 'node:child_process';
import { cacheDir } from '../rig/cache.ts';
import { debianRootfsTar } from '../rig/debian.ts';
import { reasonMissing, type Feature } from '../rig/features.ts';
import { openWorld } from '../rig/world.ts';
import { loader } from '../rig/typescript.ts';

const needed: readonly Feature[] = ['root', 'netns', 'busybox', 'lxc'];
const reasons = needed.flatMap((feature) => reasonMissing(feature) ?? []);
if (reasons.length > 0) {
  console.error(`bench: ${reasons.join('; ')}`);
  process.exit(1);
}

const checkout = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The world's commands become links to files that begin as the Debian package has them (.ci/deb): LXC is measured as Debian's
 * package has it. Node's path is written there; in npm's package the shell looks for it first.
 */
function installAsPackage(dir: string): void {
  const own = join(dir, 'package');
  cpSync(join(checkout, 'bin'), join(own, 'bin'), { recursive: true });
  for (const name of ['config', 'dist', 'native', 'node_modules', 'package.json', 'templates'])
    symlinkSync(join(checkout, name), join(own, name));
  for (const name of readdirSync(join(dir, 'bin'))) {
    const file = join(own, 'bin', `${name}.js`);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('; exec node "$0" ', `; exec ${process.execPath} "$0" `));
    rmSync(join(dir, 'bin', name));
    symlinkSync(`../package/bin/${name}.js`, join(dir, 'bin', name));
  }
}

const measure = fileURLToPath(new URL('measure.ts', import.meta.url));
// The world has no way out to Debian's archive.
debianRootfsTar();
const dir = join(tmpdir(), `tlxc-bench-${process.pid}`);
const world = await openWorld(dir);
try {
  installAsPackage(dir);
  // In memory, as on a host whose /run is a tmpfs: records and sockets of TLXC's monitors, locks of LXC's. On a disk every
  // start is slower, and TLXC's more, which writes more there. The world's own /run: of the host's nothing is made.
  await world.furnish(`for place in /run ${world.runDir}; do mount -t tmpfs tmpfs $place; done`);
  const command = [
    ...world.holder.enter,
    process.execPath,
    `--import=${loader}`,
    measure,
    ...process.argv.slice(2),
  ];
  const [file = '', ...args] = command;
  // Node reads the certificates that NODE_EXTRA_CA_CERTS names at each start: 80 ms that are nobody's work.
  const env = { ...world.env, TLXC_TEST_CACHE: cacheDir };
  const { status } = spawnSync(file, args, { stdio: 'inherit', env });
  process.exitCode = status ?? 1;
} finally {
  await world.close();
  rmSync(dir, { recursive: true, force: true });
}

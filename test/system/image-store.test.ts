/** The image store is whole or as it was, whatever happens to the commands that fill it. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { imageServerSetting, serveDebian } from '../rig/images.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const rooted = requires('root', 'busybox', 'userns');
const served = requires('root', 'debian');

/** Seconds: from before Node has loaded the command to after it has ended. */
const MOMENTS = [0.05, 0.1, 0.16, 0.22, 0.28, 0.34, 0.4, 0.5, 0.7, 1];

const images = (world: World): string[] => {
  const names = readdirSync(join(world.cacheDir, 'images'));
  return names.filter((name) => /^[0-9a-f]{64}$/.test(name));
};

/** A world with an archive of a busybox system, big.tar.xz, that takes a moment to unpack. */
async function withArchive(t: ExecutionContext): Promise<World> {
  const world = await makeWorld(t);
  await world.sh(`touch seed; tlxc-create -n c1 -f seed -t busybox; tlxc-image export busybox small.tar
    mkdir tree; tar -C tree -xf small.tar; head -c 20M /dev/urandom > tree/big
    tar -C tree -cf big.tar .; xz -0 -T0 big.tar; rm -rf tree; tlxc-destroy -n c1; tlxc-image prune --all`);
  return world;
}

rooted(
  'import and prune killed at any moment: the image is whole or absent, and the next command succeeds',
  async (t) => {
    const world = await withArchive(t);
    const killed = (seconds: number, ...words: string[]) =>
      world.run('timeout', '--foreground', '-s', 'KILL', String(seconds), 'tlxc-image', ...words);
    for (const moment of MOMENTS) {
      await killed(moment, 'import', 'big.tar.xz', '--alias', 'big');
      t.true(images(world).length <= 1, `${moment} s`);
      // All that the store shows is sound, at once.
      await world.sh('tlxc-image verify');
      await killed(moment / 2, 'prune', '--all');
      await world.sh('tlxc-image verify');
    }
    await world.sh('tlxc-image import big.tar.xz --alias big; tlxc-image verify; tlxc-image prune --all');
    t.deepEqual(readdirSync(join(world.cacheDir, 'images')), [], 'nothing is left of any of them');
    t.deepEqual(await world.leaks(), []);
  },
);

rooted(
  'a full disk at ten points: refused in words, nothing is left, and with room it succeeds',
  async (t) => {
    const world = await withArchive(t);
    await world.sh('mount -t tmpfs -o size=64m tmpfs cache');
    // KiB that are left: from less than a directory takes to just short of the tree.
    for (const room of [0, 4, 8, 64, 512, 4096, 8192, 16384, 20480, 22000]) {
      await world.sh(`dd if=/dev/zero of=cache/filler bs=1K count=$((65536 - ${room})) 2>/dev/null || true`);
      const { code, stderr } = await world.run('tlxc-image', 'import', 'big.tar.xz');
      t.is(code, 1, `${room} KiB`);
      t.regex(stderr, /no space left on device|cannot be unpacked: it needs more/i, `${room} KiB`);
      t.notRegex(stderr, /internal error/, `${room} KiB`);
      await world.sh('rm cache/filler');
      t.is(await world.sh('tlxc-image list; find cache -name rootfs'), '', `${room} KiB`);
    }
    await world.sh('tlxc-image import big.tar.xz; tlxc-image verify; umount cache');
  },
);

served(
  'three pulls at once from an empty store: one transfer; killed ones are taken up by the next',
  async (t) => {
    const world = await makeWorld(t, { settings: [imageServerSetting] });
    await serveDebian(t, world);
    const pull = 'tlxc-image pull debian bookworm';
    // Killed while it fetches and while it unpacks; the transfer goes on where it was.
    for (const moment of [0.4, 0.8, 2]) {
      await world.run('timeout', '--foreground', '-s', 'KILL', String(moment), 'sh', '-c', `exec ${pull}`);
      await world.sh('tlxc-image verify');
    }
    const said = await world.sh(`for i in 1 2 3; do ${pull} > out$i 2>&1 & done; wait; cat out1 out2 out3`);
    t.is(said.match(/^debian\/bookworm\/.* [0-9a-f]{12}$/gm)?.length, 3, said);
    t.is(said.match(/Unpacking the rootfs/g)?.length, 1, said);
    t.true((said.match(/Downloading the rootfs/g)?.length ?? 0) <= 1, said);
    t.is(images(world).length, 1);
    t.regex(await world.sh('tlxc-image verify'), /sound/);
    t.is(await world.sh('ls cache/downloads'), '');
  },
);

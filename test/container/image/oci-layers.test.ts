/** Images that begin with the same layers share them: fetched, unpacked and stored once, and gone with the last that needs them. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildImage, writeLayout, type BuiltImage } from '../../image/oci/images.ts';
import type { Entry } from '../../image/archives.ts';
import { busyboxTar } from '../../rig/busybox.ts';
import { killAfter, moments } from '../../rig/moments.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const local = requires('root', 'userns', 'idmap', 'overlay', 'busybox');
const packed = requires('root', 'userns', 'idmap', 'overlay', 'busybox', 'loop', 'squashfs');

const base = busyboxTar();

/** Of a layer over the base: what is added, replaced by another kind, taken away, and led by a link of the base's. */
const CHANGES: readonly Entry[] = [
  { path: 'srv/', type: 'Directory', uid: 1000, gid: 1000 },
  { path: 'srv/one', content: 'one\n', uid: 1000 },
  { path: 'srv/again', type: 'Link', linkpath: 'srv/one' },
  { path: 'srv/words', type: 'Link', linkpath: 'etc/passwd' },
  { path: 'etc/.wh.group' },
  { path: 'mnt', content: 'a file now\n' },
  { path: 'var/', type: 'Directory', mode: 0o700 },
  { path: 'sbin/tool', content: '#!/bin/sh\n', mode: 0o4755 },
];
const MORE: readonly Entry[] = [
  { path: 'srv/.wh..wh..opq' },
  { path: 'srv/two', content: 'two\n' },
  { path: 'etc/group', content: 'root:x:0:\nback:x:7:\n' },
  { path: 'mnt/', type: 'Directory' },
  { path: 'mnt/inside', content: 'in\n' },
];

const run = { config: { Entrypoint: ['sh', '-c', 'exec sleep 1000'] } };
const images = (): Readonly<Record<string, BuiltImage>> => ({
  alone: buildImage({ layers: [base], ...run }),
  base: buildImage({ layers: [base, [{ path: 'etc/issue', content: 'base\n' }]], ...run }),
  one: buildImage({ layers: [base, CHANGES], ...run }),
  two: buildImage({ layers: [base, CHANGES, MORE], ...run }),
});

function layoutIn(world: World): string {
  const layout = join(world.dir, 'layout');
  mkdirSync(layout);
  writeLayout(layout, images());
  return layout;
}

const stored = async (world: World): Promise<readonly [images: number, layers: number]> => {
  const all = (await world.sh('ls cache/images'))
    .split('\n')
    .filter((name) => /^[0-9a-f]{64}$/.test(name)).length;
  const shown = (JSON.parse(await world.sh('tlxc-image list --json')) as unknown[]).length;
  return [shown, all - shown];
};

const LOOK =
  'cd /; stat -c "%n %F %a %u:%g" srv srv/* etc/group mnt mnt/* var sbin/tool 2>/dev/null; test srv/one -ef srv/again && test srv/words -ef etc/passwd && echo linked; cat etc/group';

/** As the specification says they are, whichever layers were there before. */
const SEEN: Readonly<Record<string, readonly string[]>> = {
  one: [
    'srv directory 755 1000:1000',
    'srv/again regular file 644 1000:0',
    'srv/one regular file 644 1000:0',
    'srv/words regular file 644 0:0',
    'mnt regular file 644 0:0',
    'var directory 700 0:0',
    'sbin/tool regular file 4755 0:0',
    'linked',
  ],
  two: [
    'srv directory 755 1000:1000',
    'srv/two regular file 644 0:0',
    'etc/group regular file 644 0:0',
    'mnt directory 755 0:0',
    'mnt/inside regular file 644 0:0',
    'var directory 700 0:0',
    'sbin/tool regular file 4755 0:0',
    'root:x:0:',
    'back:x:7:',
  ],
};

local(
  'layers that several images begin with are there once, and every image is what its layers make of it',
  async (t) => {
    const world = await makeWorld(t);
    const layout = layoutIn(world);
    await world.sh('tlxc-image pull oci:layout:one');
    // Only what is new is read: a layer of the first is not even there any more.
    const [first = { digest: '' }] = images()['one']?.layers ?? [];
    rmSync(join(layout, 'blobs/sha256', first.digest.slice('sha256:'.length)));
    await world.sh('tlxc-image pull oci:layout:two && tlxc-image pull oci:layout:base');
    t.deepEqual(await stored(world), [3, 4]);
    t.regex((await world.run('tlxc-image', 'verify')).stdout, /^(.*sound, \d+ members.*\n){3}$/);
    for (const name of ['one', 'two']) {
      await world.sh(
        `touch seed; tlxc-create -n ${name} -f seed -t oci -- -u oci:layout:${name} --offline; tlxc-create -n ${name}-dir -f seed -t oci -B dir -- -u oci:layout:${name}`,
      );
      for (const container of [name, `${name}-dir`]) {
        const seen = await world.sh(
          `tlxc-start -n ${container} && tlxc-attach -n ${container} -- sh -c '${LOOK}'; tlxc-stop -k -n ${container}`,
        );
        t.deepEqual(seen.trim().split('\n'), SEEN[name], container);
      }
    }
    t.regex(
      readFileSync(join(world.lxcpath, 'two/config'), 'utf8'),
      /^lxc\.rootfs\.path = overlay(:[^:]*\/rootfs){3}:[^:]*\/delta$/m,
    );
    await world.sh(
      'tlxc-image export layout:two two.tar || tlxc-image export "$(tlxc-image list --json | grep -o \'"[^"]*:two"\' | tr -d \'"\' | head -n 1)" two.tar',
    );
    t.is(await world.sh('tar -tf two.tar ./srv ./mnt'), './mnt/\n./mnt/inside\n./srv/\n./srv/two\n');
    await world.sh('tlxc-copy -s -n two -N three; tlxc-snapshot -n two; tlxc-destroy -s -n two');

    // one-dir and two-dir need nothing of the store; "three" needs the layers of two, among which are those of one.
    await world.sh('tlxc-destroy -n one; tlxc-image prune --all');
    t.deepEqual(await stored(world), [1, 3], 'two, and its three layers');
    t.is(
      await world.sh('tlxc-start -n three && tlxc-attach -n three -- cat /mnt/inside; tlxc-stop -k -n three'),
      'in\n',
    );
    await world.sh('tlxc-destroy -n three');
    t.regex((await world.run('tlxc-image', 'prune', '--all')).stderr, /^1 removed, [1-9]/);
    t.is(await world.sh('ls -A cache/images'), '');
  },
);

local('the one layer of an image is there once with those that begin with it', async (t) => {
  const world = await makeWorld(t);
  const layout = layoutIn(world);
  await world.sh('tlxc-image pull oci:layout:alone');
  const [first = { digest: '' }] = images()['alone']?.layers ?? [];
  rmSync(join(layout, 'blobs/sha256', first.digest.slice('sha256:'.length)));
  await world.sh('tlxc-image pull oci:layout:one');
  t.deepEqual(await stored(world), [2, 2]);
  t.regex((await world.run('tlxc-image', 'verify')).stdout, /^(.*sound, \d+ members.*\n){2}$/);
  for (const backend of ['overlay', 'dir'])
    t.is(
      await world.sh(`touch seed; tlxc-create -q -n ${backend} -f seed -t oci -B ${backend} -- -u oci:layout:alone --offline
        tlxc-start -n ${backend}; tlxc-attach -n ${backend} -- sh -c 'echo x > /etc/mine; ls -d /srv/one /etc/group 2>/dev/null; :'
        tlxc-stop -k -n ${backend}`),
      '/etc/group\n',
    );
  await world.sh('tlxc-destroy -n dir; tlxc-image prune --all');
  t.deepEqual(await stored(world), [1, 1], 'the image that a container lies over, and its layer');
  await world.sh(
    'tlxc-start -n overlay; tlxc-attach -n overlay -- cat /etc/mine; tlxc-destroy -f -n overlay',
  );
  await world.sh('tlxc-image prune --all');
  t.is(await world.sh('ls -A cache/images'), '');
});

local('damage of a layer is told for every image that has it, and mended by another pull', async (t) => {
  const world = await makeWorld(t);
  layoutIn(world);
  await world.sh(
    'tlxc-image pull oci:layout:one; tlxc-image pull oci:layout:two; for f in cache/images/*/rootfs/etc/inittab; do echo x >> $f; done',
  );
  const { code, stdout } = await world.run('tlxc-image', 'verify');
  t.is(code, 1);
  t.is(stdout.match(/\/etc\/inittab: size, time, content/g)?.length ?? 0, 2, stdout);
  await world.sh('tlxc-image prune --all; tlxc-image pull oci:layout:two; tlxc-image verify');
});

local(
  'a pull that is killed at any moment leaves whole layers and images, and the next one succeeds',
  async (t) => {
    const world = await makeWorld(t);
    layoutIn(world);
    const begun = Date.now();
    await world.sh('tlxc-image pull oci:layout:two && tlxc-image prune --all');
    const whole = Date.now() - begun;
    for (const moment of moments(t, 8)) {
      await killAfter(world, moment * whole, 'tlxc-image', 'pull', 'oci:layout:two');
      await world.sh('tlxc-image verify');
      await killAfter(world, (moment * whole) / 2, 'tlxc-image', 'prune', '--all');
      await world.sh('tlxc-image verify');
    }
    await world.sh('tlxc-image pull oci:layout:two; tlxc-image verify; tlxc-image prune --all');
    t.is(await world.sh('ls -A cache/images'), '');
  },
);

packed('layers are packed into one file where that is asked for', async (t) => {
  const world = await makeWorld(t);
  layoutIn(world);
  await world.sh(
    'touch seed; tlxc-create -n c1 -f seed -t oci -B squashfs -- -u oci:layout:two; tlxc-image prune --all',
  );
  t.deepEqual(await stored(world), [1, 0], 'the layers were only on the way');
  const seen = await world.sh(`tlxc-start -n c1 && tlxc-attach -n c1 -- sh -c '${LOOK}'; tlxc-stop -k -n c1`);
  t.deepEqual(seen.trim().split('\n'), SEEN['two']);
});

/** Containers over images that are one compressed file, and the store that keeps those. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { eventually } from '../../rig/eventually.ts';
import { addFilesystem } from '../../rig/filesystem.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const packed = requires('root', 'userns', 'idmap', 'overlay', 'busybox', 'loop', 'squashfs', 'erofs');

const onBtrfs = requires('root', 'userns', 'idmap', 'overlay', 'busybox', 'loop', 'squashfs', 'btrfs');

const lists = requires('root', 'userns', 'idmap', 'overlay', 'loop', 'squashfs', 'erofs', 'attributes');

const inside = (world: World, name: string, line: string): Promise<string> =>
  world.sh(
    `tlxc-start -n ${name} -s lxc.net.0.link= && tlxc-attach -n ${name} -- sh -c '${line}'; tlxc-stop -k -n ${name}`,
  );

/** Loop devices of this world's files. */
const attached = (world: World): Promise<string> => world.sh(`losetup -a | grep ${world.dir}/ || true`);

const images = (world: World): string[] =>
  readdirSync(join(world.cacheDir, 'images')).filter((name) => /^[0-9a-f]{64}$/.test(name));

const rootfsOf = (world: World, name: string): string =>
  /^lxc\.rootfs\.path = (.*)$/m.exec(readFileSync(join(world.lxcpath, name, 'config'), 'utf8'))?.[1] ?? '';

/** Made, started, written in, copied, kept, compared, restored, exported, imported, reached while stopped, destroyed. */
async function goesThroughLife(t: ExecutionContext, world: World, type: string): Promise<void> {
  await world.sh(`tlxc-create -n u1 -t busybox -B ${type}`);
  const [image = ''] = images(world);
  const file = join(world.cacheDir, 'images', image, `rootfs.${type}`);
  t.is(rootfsOf(world, 'u1'), `overlay:${file}:${world.lxcpath}/u1/overlay/delta`);
  t.false(existsSync(join(world.cacheDir, 'images', image, 'rootfs')), 'no tree is kept');
  const look =
    'stat -c "%u %a" / /etc/passwd; cat /etc/hostname; echo one > /root/note; rm /etc/group; sync; echo ok';
  t.is(await inside(world, 'u1', look), '0 755\n0 644\nu1\nok\n');
  t.is(await attached(world), '', 'the device goes with the container');
  await world.sh(
    'tlxc-snapshot -n u1 && tlxc-copy -s -n u1 -N u2 && tlxc-copy -n u1 -N u3 && tlxc-copy -n u1 -N u4 -B dir',
  );
  t.is(await inside(world, 'u1', 'echo two > /root/note; touch /root/more; echo ok'), 'ok\n');
  t.is(await world.sh('tlxc-snapshot -n u1 --diff snap0 | grep root/'), 'A /root/more\nM /root/note\n');
  await world.sh('tlxc-snapshot -n u1 -r snap0');
  for (const name of ['u1', 'u2', 'u3', 'u4'])
    t.is(
      await inside(world, name, 'cat /root/note /etc/hostname; ls /etc/group /root'),
      `one\n${name}\n/root:\nnote\n`,
      name,
    );
  t.is(
    await world.sh('tlxc-file pull u1/etc/passwd - | head -n 1'),
    await world.sh('head -n 1 lxc/u4/rootfs/etc/passwd'),
  );
  await world.sh(
    'echo pushed > new; tlxc-file push new u1/root/new; tlxc-export -n u1 u1.tar.zst; tlxc-import -n u5 u1.tar.zst',
  );
  t.is(await inside(world, 'u5', 'cat /root/new /root/note'), 'pushed\none\n');
  t.regex((await world.run('tlxc-image', 'prune', '--all')).stderr, /^0 removed/);
  t.is(await world.sh('tlxc-image list --json | grep -c packed'), '1\n');
  for (const name of ['u2', 'u3', 'u4', 'u5']) await world.sh(`tlxc-destroy -n ${name}`);
  await world.sh('tlxc-destroy -s -n u1; tlxc-image verify; tlxc-image prune --all');
  t.deepEqual([images(world), await attached(world), await world.sh('ls lxc')], [[], '', '']);
}

for (const type of ['squashfs', 'erofs'])
  packed(`${type}: a container's whole life over an image in one file`, async (t) =>
    goesThroughLife(t, await makeWorld(t), type),
  );

packed('containers over one image share its device; whoever is killed, no device stays', async (t) => {
  const world = await makeWorld(t);
  await world.sh(
    'touch seed; tlxc-create -n u1 -f seed -t busybox -B squashfs && tlxc-create -n u2 -f seed -t busybox -B squashfs --privileged',
  );
  const devices = async (): Promise<number> => (await attached(world)).split('\n').length - 1;
  await world.sh('tlxc-start -n u1 && tlxc-start -n u2');
  t.is(await devices(), 1);
  await world.sh('tlxc-stop -k -n u1');
  t.is(await world.sh('tlxc-attach -n u2 -- cat /etc/hostname'), 'u2\n');
  await world.sh(`kill -9 $(pgrep -f '^\\[tlxc monitor\\] .* u2$')`);
  await eventually(30, async () => (await devices()) === 0 || undefined);
  // The copy's changes are in memory, the image below them.
  await world.sh('tlxc-copy -n u1 -N e1 -e -t');
  t.is(await world.sh("tlxc-attach -n e1 -- sh -c 'echo one > /root/note; cat /etc/hostname'"), 'e1\n');
  await world.sh('tlxc-stop -k -n e1; tlxc-wait -n e1 -s STOPPED -t 60');
  t.is(await devices(), 0);
});

onBtrfs('so it is where the store lies on btrfs, whose files have devices of no disk', async (t) => {
  const world = await makeWorld(t);
  await addFilesystem(world, { type: 'btrfs', at: world.cacheDir });
  await world.sh(
    'touch seed; tlxc-create -n u1 -f seed -t busybox -B squashfs && tlxc-create -n u2 -f seed -t busybox -B squashfs',
  );
  await world.sh('tlxc-start -n u1 && tlxc-start -n u2');
  const devices = await world.sh(`losetup -a | grep -c '${world.cacheDir}/.*squashfs'`);
  await world.sh('tlxc-stop -k -n u1; tlxc-stop -k -n u2');
  t.is(devices, '1\n');
});

packed('one stored image has both forms side by side; each container keeps its own', async (t) => {
  const world = await makeWorld(t);
  await world.sh(
    'tlxc-create -n u1 -t busybox && tlxc-create -n u2 -t busybox -B squashfs && tlxc-create -n u3 -t busybox && tlxc-create -n u4 -t busybox -B squashfs',
  );
  t.is(images(world).length, 2, 'packed from the tree, once');
  t.deepEqual(
    ['u1', 'u2', 'u3', 'u4'].map((name) =>
      rootfsOf(world, name)
        .split(':')[1]
        ?.replace(/^.*\/rootfs/, ''),
    ),
    ['', '.squashfs', '', '.squashfs'],
  );
  await world.sh('tlxc-destroy -n u1 && tlxc-destroy -n u3 && tlxc-image prune --all');
  t.is(images(world).length, 1, 'the tree has gone');
  await world.sh('tlxc-create -n u5 -t busybox && tlxc-create -n u6 -t busybox -B dir');
  t.regex(rootfsOf(world, 'u5'), /rootfs\.squashfs:/);
  for (const name of ['u5', 'u6']) t.is(await inside(world, name, 'cat /etc/hostname'), `${name}\n`);
  const [id = ''] = images(world);
  await world.sh(
    `tlxc-image export busybox tree.tar; tar -tf tree.tar ./etc/passwd; printf x | dd of=cache/images/${id}/rootfs.squashfs bs=1 seek=200 conv=notrunc 2>/dev/null`,
  );
  const { code, stdout } = await world.run('tlxc-image', 'verify');
  t.is(code, 1);
  t.regex(stdout, /damaged, 1 members.*\n {2}rootfs\.squashfs: content/);
});

packed(
  'an archive that is such a file already is packed anew, and kept as it is where a person says so',
  async (t) => {
    const world = await makeWorld(t);
    await world.sh(`tlxc-create -n m1 -t busybox -B dir; mksquashfs lxc/m1/rootfs one.squashfs -quiet -no-progress >&2
    mkfs.erofs one.erofs lxc/m1/rootfs >/dev/null; mksquashfs lxc/m1/rootfs other.squashfs -comp xz -quiet -no-progress >&2`);
    const digest = async (file: string): Promise<string> =>
      (await world.sh(`sha256sum < ${file}`)).slice(0, 64);
    const storedFile = async (image: string): Promise<string> =>
      (JSON.parse(await world.sh(`tlxc-image info --json ${image}`)) as { rootfs: string }).rootfs;
    for (const type of ['squashfs', 'erofs']) {
      await world.sh(
        `tlxc-image import --pack=${type} --keep --alias one-${type} one.${type}; tlxc-create -n ${type} -t local -- -i one-${type}`,
      );
      t.is(await digest(await storedFile(`one-${type}`)), await digest(`one.${type}`), type);
      t.is(await inside(world, type, 'cat /etc/hostname'), `${type}\n`);
    }
    await world.sh('tlxc-create -n u1 -t local -B squashfs -- -f $PWD/other.squashfs');
    t.is(await inside(world, 'u1', 'cat /etc/hostname'), 'u1\n', 'unpacked in the jail, and packed anew');
    t.not(await digest(rootfsOf(world, 'u1').split(':')[1] ?? ''), await digest('other.squashfs'));
    const fails = async (line: string, reason: RegExp): Promise<void> => {
      const { code, stderr } = await world.run('sh', '-c', line);
      t.is(code, 1, line);
      t.regex(stderr, reason);
    };
    await fails(
      'cp one.erofs new.erofs; printf x >> new.erofs; tlxc-image import new.erofs',
      /new\.erofs is an erofs image, which is not unpacked\n {2}hint: if you trust it: .*--keep/,
    );
    await fails(
      'tlxc-image import --pack=erofs --keep other.squashfs && tlxc-image prune --all; cp other.squashfs x.squashfs; printf x >> x.squashfs; tlxc-image import --pack=erofs --keep x.squashfs',
      /x\.squashfs cannot be kept as it is \(--keep\): it is no erofs image/,
    );
    await fails(
      'tlxc-image import --pack=ext4 one.squashfs',
      /images are not packed as ext4\n {2}hint: there are squashfs and erofs/,
    );
    await fails('tlxc-image import --keep one.squashfs', /--keep goes with --pack/);
    await fails(
      'tlxc-copy -n m1 -N m2 -B squashfs',
      /backing store squashfs is for new containers from an image/,
    );
    await fails(
      'mkdir n; mknod n/null c 1 3; mksquashfs n n.squashfs -quiet -no-progress >&2; tlxc-create -n n1 -t local -B squashfs -- -f n.squashfs --keep',
      /device node \.\/null/,
    );
    t.is(await attached(world), '');
  },
);

lists('access control lists: erofs keeps them, squashfs is refused', async (t) => {
  const world = await makeWorld(t);
  await world.sh(
    'mkdir tree tree/etc; touch tree/etc/list; setfacl -m u:5:r tree/etc/list; tlxc-image build --alias listed tree',
  );
  const { code, stderr } = await world.run(
    'sh',
    '-c',
    'touch seed; tlxc-create -n u1 -f seed -t local -B squashfs -- -i listed',
  );
  t.is(code, 1);
  t.regex(
    stderr,
    /files of the image have access control lists, for which squashfs has no room\n {2}hint: erofs/,
  );
  await world.sh(
    'touch seed; tlxc-create -n u1 -f seed -t local -B erofs -- -i listed && tlxc-copy -n u1 -N u2 -B dir',
  );
  t.regex(await world.sh('getfacl -n lxc/u2/rootfs/etc/list 2>/dev/null'), /^user:5:r--$/m);
  t.regex(await world.sh('ls cache/images'), /^([0-9a-f]{64}\n){2}$/, 'nothing is left of what was refused');
});

packed(
  "lxc.rootfs.path with images of one's own: below an overlay, by itself, below memory; refused in words",
  async (t) => {
    const world = await makeWorld(t);
    await world.sh(`touch seed; tlxc-create -n u1 -f seed -t busybox -B dir; mkdir -p lxc/u1/overlay/delta; mkfs.erofs one.erofs lxc/u1/rootfs >/dev/null
    mksquashfs lxc/u1/rootfs one.squashfs -quiet -no-progress >&2; truncate -s 4M one.ext4; mkfs.ext4 -q one.ext4; cp one.squashfs other.squashfs; chown 1 other.squashfs`);
    const on = (path: string, more = ''): Promise<string> =>
      world.sh(
        `sed -i '/volatile/d; s|^lxc.rootfs.path = .*|lxc.rootfs.path = ${path}|' lxc/u1/config; echo '${more}' >> lxc/u1/config`,
      );
    const delta = `${world.lxcpath}/u1/overlay/delta`;
    await on(`overlayfs:${world.dir}/one.erofs:${delta}`);
    t.is(await inside(world, 'u1', 'echo one > /root/note; cat /root/note'), 'one\n');
    await on(`${world.dir}/one.squashfs`, 'tlxc.rootfs.volatile = 1');
    t.is(await inside(world, 'u1', 'echo one > /root/note; cat /root/note'), 'one\n');
    t.is(await inside(world, 'u1', 'ls /root'), '', 'it was in memory');
    const fails = async (reason: RegExp): Promise<void> => {
      const { code, stderr } = await world.run('tlxc-start', '-n', 'u1');
      t.is(code, 1);
      t.regex(stderr, reason);
    };
    await on(`overlay:${world.dir}/one.ext4:${delta}`);
    await fails(
      /one\.ext4 holds ext4: an overlay lies over directories and over images of squashfs or erofs/,
    );
    await on(`overlay:${world.dir}/other.squashfs:${delta}`);
    await fails(/other\.squashfs can be written by others than root/);
    await world.sh('mkdir theirs; cp one.squashfs theirs/; chown 1 theirs');
    await on(`overlay:${world.dir}/theirs/one.squashfs:${delta}`);
    await fails(/one\.squashfs, in .*theirs, can be written by others than root/);
    t.is(await attached(world), '');
  },
);

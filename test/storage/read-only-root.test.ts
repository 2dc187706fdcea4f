/** Copies of containers whose root filesystem is one compressed file: that of a person's own, not of the image store. */
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const packed = requires('root', 'userns', 'idmap', 'overlay', 'busybox', 'loop', 'squashfs', 'erofs');

const look = (world: World, name: string, line: string): Promise<string> =>
  world.sh(
    `tlxc-start -n ${name} -s lxc.net.0.link= && tlxc-attach -n ${name} -- sh -c '${line}'; tlxc-stop -k -n ${name}`,
  );
const rootfsOf = async (world: World, name: string): Promise<string> =>
  (await world.sh(`sed -n 's/^lxc.rootfs.path = //p' lxc/${name}/config`)).trim();
const attached = (world: World): Promise<string> => world.sh(`losetup -a | grep ${world.dir}/ || true`);

/** u1, whose root filesystem is `written` (FILE is the file's path) in a file of its own. */
async function onFile(world: World, type: string, written: string): Promise<string> {
  const file = `${world.lxcpath}/u1/one.${type}`;
  const pack =
    type === 'erofs'
      ? `mkfs.erofs ${file} lxc/u1/rootfs`
      : `mksquashfs lxc/u1/rootfs ${file} -quiet -no-progress`;
  await world.sh(`touch seed; tlxc-create -n u1 -f seed -t busybox -B dir && echo one > lxc/u1/rootfs/root/note
    ${pack} >&2; sed -i 's|^lxc.rootfs.path = .*|lxc.rootfs.path = ${written.replace('FILE', file)}|' lxc/u1/config`);
  return file;
}

packed('alone, read-only: a full copy, one on write, one of another type', async (t) => {
  const world = await makeWorld(t);
  const file = await onFile(world, 'squashfs', 'loop:FILE');
  await world.sh(
    'tlxc-copy -n u1 -N u2 && tlxc-copy -n u1 -N u3 -s && tlxc-copy -n u1 -N u4 -B dir && tlxc-copy -n u1 -N u5 -L 100M && tlxc-snapshot -n u1',
  );
  t.is(await rootfsOf(world, 'u2'), `loop:${world.lxcpath}/u2/rootdev`);
  t.is(await world.sh(`cmp ${file} lxc/u2/rootdev && blkid -p -o value -s TYPE lxc/u5/rootdev`), 'ext4\n');
  t.is(await rootfsOf(world, 'u3'), `overlay:${file}:${world.lxcpath}/u3/overlay/delta`);
  t.is(await look(world, 'u2', 'cat /root/note; touch /root/x 2>/dev/null || echo fixed'), 'one\nfixed\n');
  for (const name of ['u3', 'u4', 'u5'])
    t.is(await look(world, name, 'cat /root/note /etc/hostname; touch /root/x'), `one\n${name}\n`, name);
  await world.sh('tlxc-copy -n u1 -N e1 -e -t');
  t.is(
    await world.sh("tlxc-attach -n e1 -- sh -c 'touch /root/x; ls /root; cat /etc/hostname'"),
    'note\nx\ne1\n',
  );
  await world.sh('tlxc-stop -k -n e1; tlxc-wait -n e1 -s STOPPED -t 60');
  t.is(await world.sh('ls lxc | grep e1 || true'), '');
  const { code, stderr } = await world.run('tlxc-destroy', '-s', '-n', 'u1');
  t.is(code, 1);
  t.regex(stderr, /u1 has clones/);
  t.is(await world.sh('tlxc-snapshot -n u1 --diff snap0'), '');
  await world.sh('tlxc-destroy -n u3 && tlxc-snapshot -n u1 -r snap0 -N u6');
  t.is(await look(world, 'u6', 'cat /root/note'), 'one\n');
  await world.sh('tlxc-destroy -s -n u1');
  t.is(await attached(world), '');
});

packed('a file without a type, and one below an overlay', async (t) => {
  const world = await makeWorld(t);
  const file = await onFile(world, 'erofs', 'FILE');
  await world.sh('tlxc-copy -n u1 -N u2 && tlxc-copy -n u1 -N u3 -s && tlxc-copy -n u1 -N u4 -B dir');
  t.is(await world.sh(`cmp ${file} lxc/u2/rootdev`), '');
  for (const name of ['u2', 'u3', 'u4']) t.is(await look(world, name, 'cat /root/note'), 'one\n', name);
  await world.sh(
    `for n in u2 u3 u4; do tlxc-destroy -n $n; done; mkdir -p lxc/u1/overlay/delta lxc/u1/overlay/work
    sed -i 's|^lxc.rootfs.path = .*|lxc.rootfs.path = overlay:${file}:${world.lxcpath}/u1/overlay/delta|' lxc/u1/config`,
  );
  await look(world, 'u1', 'echo two > /root/note; rm /etc/group');
  await world.sh('tlxc-copy -n u1 -N u2 && tlxc-copy -n u1 -N u3 -s && tlxc-copy -n u1 -N u4 -B dir');
  for (const name of ['u2', 'u3', 'u4'])
    t.is(
      await look(world, name, 'cat /root/note /etc/hostname; ls /etc/group || true'),
      `two\n${name}\n`,
      name,
    );
  t.regex((await world.run('tlxc-destroy', '-n', 'u1')).stderr, /u1 has clones/);
  await world.sh('for n in u2 u3 u4 u1; do tlxc-destroy -n $n; done');
  t.is(await world.sh('ls lxc'), '');
  t.is(await attached(world), '');
});

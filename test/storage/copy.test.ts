import { addFilesystem } from '../rig/filesystem.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'overlay', 'busybox');
const onXfs = requires('root', 'userns', 'idmap', 'overlay', 'busybox', 'xfs');

const rootfsOf = async (world: World, name: string): Promise<string> =>
  (await world.sh(`sed -n 's/^lxc.rootfs.path = //p' lxc/${name}/config`)).trim();

rooted('-B dir makes one directory of all that an overlay shows', async (t) => {
  const world = await makeWorld(t);
  await world.sh('tlxc-create -n u1 -t busybox -B overlay');
  await world.sh(
    "tlxc-start -n u1 -s lxc.net.0.link= && tlxc-attach -n u1 -- sh -c 'echo changed > /etc/motd; rm /etc/hosts; mkdir /root/new'; tlxc-stop -k -n u1",
  );
  await world.sh('tlxc-copy -n u1 -N u2 -B dir && tlxc-destroy -n u1');
  t.is(await rootfsOf(world, 'u2'), `dir:${world.lxcpath}/u2/rootfs`);
  t.is(
    await world.sh('cat lxc/u2/rootfs/etc/motd; ls -d lxc/u2/rootfs/root/new'),
    'changed\nlxc/u2/rootfs/root/new\n',
  );
  t.is(
    await world.sh('ls -A lxc/u2 lxc/u2/rootfs/etc/hosts 2>/dev/null || true'),
    'lxc/u2:\nconfig\nrootfs\n',
  );
  t.is(
    await world.sh(
      'tlxc-start -n u2 -s lxc.net.0.link= && tlxc-attach -n u2 -- cat /etc/motd /etc/hostname; tlxc-stop -k -n u2',
    ),
    'changed\nu2\n',
  );
});

rooted('what cannot become another type is refused, with what can', async (t) => {
  const world = await makeWorld(t);
  await world.sh('tlxc-create -n u1 -t busybox -B overlay && tlxc-create -n u2 -t busybox -B dir');
  for (const [words, reason] of [
    [
      '-n u1 -N u9 -s -B dir',
      /a snapshot of a root filesystem of type overlay cannot be of type dir\n {2}hint: keep the type \(-B\)/,
    ],
    [
      '-n u2 -N u9 -s -B dir',
      /a directory cannot be a snapshot\n {2}hint: make it an overlay \(-B overlay\)/,
    ],
    [
      '-n u2 -N u9 -B overlay',
      /becomes an overlay only as a snapshot of a directory\n {2}hint: make a snapshot \(-s\)/,
    ],
    ['-n u2 -N u9 -B nosuch', /nosuch is not a valid backing storage type/],
  ] as const) {
    const { code, stderr } = await world.run('tlxc-copy', ...words.split(' '));
    t.is(code, 1);
    t.regex(stderr, reason);
  }
  t.is(await world.sh('ls -A lxc'), 'u1\nu2\n');
});

onXfs('a directory shares its blocks with what it was copied from, where the filesystem can', async (t) => {
  const world = await makeWorld(t);
  await addFilesystem(world, { type: 'xfs', at: world.lxcpath });
  await world.sh(
    'tlxc-create -n u1 -t busybox -B dir && head -c 32M /dev/urandom > lxc/u1/rootfs/root/big && sync',
  );
  const used = async (): Promise<number> => Number(await world.sh('df --output=used -k lxc | tail -n 1'));
  const before = await used();
  await world.sh('tlxc-copy -n u1 -N u2 && sync && cmp lxc/u1/rootfs/root/big lxc/u2/rootfs/root/big');
  t.true((await used()) - before < 16 * 1024);
});

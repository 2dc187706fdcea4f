import { addFilesystem } from '../rig/filesystem.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';
import type { ExecutionContext } from 'ava';

const onBtrfs = requires('root', 'userns', 'idmap', 'overlay', 'busybox', 'btrfs');

/** Makes the subvolume "s" in 30 directories below the working one: no path is as long as the way there. */
const DEEP = `perl -e 'for (1..30) { my $d = "x" x 200; mkdir $d; chdir $d or die $! } sysopen my $here, ".", 0; my $name = pack "qa4088", 0, "s"; ioctl $here, 0x5000940e, $name or die $!; mkdir "s/full"'`;

/** Containers and images on one btrfs. */
async function worldOnBtrfs(t: ExecutionContext): Promise<World> {
  const world = await makeWorld(t);
  await addFilesystem(world, { type: 'btrfs', at: world.lxcpath });
  await world.sh(`mkdir ${world.lxcpath}/.cache && mount --bind ${world.lxcpath}/.cache ${world.cacheDir}`);
  await world.furnish('true');
  return world;
}

const inside = (world: World, name: string, line: string): Promise<string> =>
  world.sh(
    `tlxc-start -n ${name} -s lxc.net.0.link= && tlxc-attach -n ${name} -- sh -c '${line}'; tlxc-stop -k -n ${name}`,
  );

/** Subvolumes of the store, but for those of images. */
const subvolumes = async (world: World): Promise<string> =>
  (
    await world.sh(
      `btrfs subvolume list ${world.lxcpath} | awk '{print $NF}' | grep -v ^.cache | sort || true`,
    )
  ).trim();

onBtrfs(
  'a container is a snapshot of its image, a copy a snapshot of the container; LXC finds both',
  async (t) => {
    const world = await worldOnBtrfs(t);
    await world.sh('tlxc-create -n u1 -t busybox -B btrfs');
    t.regex(
      await world.sh('cat lxc/u1/config'),
      new RegExp(`^lxc.rootfs.path = btrfs:${world.lxcpath}/u1/rootfs$`, 'm'),
    );
    t.regex(await world.sh('btrfs subvolume show lxc/u1/rootfs'), /Parent UUID:\s+[0-9a-f]{8}-/);
    t.is(await inside(world, 'u1', 'echo one > /root/note; cat /root/note'), 'one\n');
    for (const how of ['', '-s']) {
      await world.sh(`tlxc-copy -n u1 -N u2 ${how}`);
      t.is(await inside(world, 'u2', 'cat /root/note; hostname; echo two > /root/note'), 'one\nu2\n');
      t.is(await world.sh('cat lxc/u1/rootfs/root/note; ls -A lxc/u2'), 'one\nconfig\nlog\nrootfs\n');
      t.is(await subvolumes(world), 'u1/rootfs\nu2/rootfs');
      await world.sh('tlxc-destroy -n u2');
      t.is(await subvolumes(world), 'u1/rootfs');
    }
  },
);

onBtrfs(
  'subvolumes that the container made are copied, kept in snapshots, restored and removed',
  async (t) => {
    const world = await worldOnBtrfs(t);
    await world.sh('tlxc-create -n u1 -t busybox -B btrfs');
    // As its root could have made them, one in a directory whose name leads elsewhere, one deeper than any path.
    await world.sh(
      `cd lxc/u1/rootfs && btrfs subvolume create root/a && btrfs subvolume create root/a/b && echo deep > root/a/b/file && ln -s / root/link && mkdir root/d && cd root/d && ${DEEP}`,
    );
    await world.sh('tlxc-copy -n u1 -N u2 && tlxc-snapshot -n u1');
    t.is(
      await world.sh('cat lxc/u2/rootfs/root/a/b/file lxc/u1/snaps/snap0/rootfs/root/a/b/file'),
      'deep\ndeep\n',
    );
    await world.sh('echo changed > lxc/u1/rootfs/root/a/b/file; tlxc-snapshot -n u1 -r snap0');
    t.is(await world.sh('cat lxc/u1/rootfs/root/a/b/file'), 'deep\n');
    t.is(await world.sh('tlxc-snapshot -n u1 --diff snap0'), '');
    await world.sh('tlxc-destroy -n u1 -s && tlxc-destroy -n u2');
    t.is(await subvolumes(world), '');
    t.is(await world.sh(`ls -A lxc`), '.cache\n.trash\n');
  },
);

onBtrfs(
  'a subvolume deeper than any path is removed with its container, also one that is a plain directory',
  async (t) => {
    const world = await worldOnBtrfs(t);
    for (const type of ['btrfs', 'dir']) {
      await world.sh(`tlxc-create -n u1 -t busybox -B ${type}`);
      await world.sh(`cd lxc/u1/rootfs/root && ${DEEP}`);
      await world.sh('tlxc-destroy -n u1');
      t.is(await subvolumes(world), '');
    }
  },
);

onBtrfs('--fssize limits a subvolume where the filesystem keeps quotas, and says so where not', async (t) => {
  const world = await worldOnBtrfs(t);
  const create = () =>
    world.run('tlxc-create', '-n', 'u1', '-t', 'busybox', '-B', 'btrfs', '--fssize', '20M');
  const { code, stderr } = await create();
  t.is(code, 1);
  t.regex(stderr, /keeps no quotas\n {2}hint: btrfs quota enable/);
  t.is(await subvolumes(world), '');
  await world.sh('btrfs quota enable lxc');
  t.is((await create()).code, 0);
  const fill = 'dd if=/dev/urandom of=/root/big bs=1M count=40 2>&1; rm -f /root/big; true';
  t.regex(await inside(world, 'u1', fill), /Disk quota exceeded/);
  // So it is of what is made from it.
  await world.sh('tlxc-copy -n u1 -N u2 && tlxc-snapshot -n u1 && tlxc-snapshot -n u1 -r snap0');
  for (const name of ['u1', 'u2']) t.regex(await inside(world, name, fill), /Disk quota exceeded/, name);
  t.regex(await world.sh('tlxc-ls -F NAME,DISK,DISKLIMIT u2'), /\nu2 +\d+\.\d\dMB +20\.00MB/);
  t.regex(await world.sh('tlxc-info -n u2'), /^Disk use: +\d.* of 20\.00 MiB$/m);
  await world.sh('tlxc-copy -n u2 -N u3 -L 200M');
  t.notRegex(await inside(world, 'u3', fill), /Disk quota exceeded/);
});

onBtrfs('where the store is no btrfs, -B btrfs is refused, and a list goes on', async (t) => {
  const world = await makeWorld(t);
  await world.sh(`mount -t tmpfs none ${world.lxcpath}`);
  await world.furnish('true');
  const refused = await world.run('tlxc-create', '-n', 'u1', '-t', 'busybox', '-B', 'btrfs');
  t.is(refused.code, 1);
  t.regex(refused.stderr, /backing store btrfs cannot be used: .*lxc does not lie on btrfs/);
  await world.sh('tlxc-create -n u1 -t busybox -B btrfs,dir');
  t.is(await world.sh('ls lxc/u1'), 'config\nrootfs\n');
});

onBtrfs('a thousand subvolumes in one another, read-only ones: not copied, but removed', async (t) => {
  const world = await worldOnBtrfs(t);
  await world.sh('tlxc-create -n u1 -t busybox -B btrfs');
  const deep = `perl -e 'sysopen my $here, ".", 0; for (1..1000) { my $name = pack "qa4088", 0, "s"; ioctl $here, 0x5000940e, $name or die $!; chdir "s"; sysopen $here, ".", 0; }'`;
  await world.sh(`cd lxc/u1/rootfs/root && ${deep} && btrfs property set s ro true`);
  const { code, stderr } = await world.run('tlxc-copy', '-n', 'u1', '-N', 'u2');
  t.is(code, 1);
  t.regex(stderr, /could not be copied: .*more than 128 subvolumes lie in one another/);
  t.is(await subvolumes(world).then((text) => text.split('\n').length), 1001);
  await world.sh('tlxc-destroy -n u1');
  t.is(await subvolumes(world), '');
});

onBtrfs('a snapshot of a running container is of one moment', async (t) => {
  const world = await worldOnBtrfs(t);
  await world.sh('tlxc-create -n u1 -t busybox -B btrfs && tlxc-start -n u1 -s lxc.net.0.link=');
  await world.sh("tlxc-attach -n u1 -- sh -c 'echo one > /root/note' && tlxc-snapshot -n u1");
  await world.sh(
    "tlxc-attach -n u1 -- sh -c 'echo two > /root/note'; tlxc-stop -k -n u1 && tlxc-snapshot -n u1 -r snap0",
  );
  t.is(await inside(world, 'u1', 'cat /root/note'), 'one\n');
});

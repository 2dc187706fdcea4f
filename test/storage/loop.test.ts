import type { ExecutionContext } from 'ava';
import { addFilesystem } from '../rig/filesystem.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const looped = requires('root', 'userns', 'idmap', 'overlay', 'busybox', 'loop');
const onXfs = requires('root', 'userns', 'idmap', 'overlay', 'busybox', 'loop', 'xfs');
const onBtrfs = requires('root', 'userns', 'idmap', 'overlay', 'busybox', 'loop', 'btrfs');

const inside = (world: World, name: string, line: string): Promise<string> =>
  world.sh(
    `tlxc-start -n ${name} -s lxc.net.0.link= && tlxc-attach -n ${name} -- sh -c '${line}'; tlxc-stop -k -n ${name}`,
  );

/** Of this world's files. */
const attached = (world: World): Promise<string> => world.sh(`losetup -a | grep ${world.dir}/lxc || true`);

/** Made, started, copied, kept as a snapshot and restored, destroyed. */
async function goesThroughLife(t: ExecutionContext, world: World, fstype: string): Promise<void> {
  await world.sh(`tlxc-create -n u1 -t busybox -B loop --fstype ${fstype} --fssize 400M`);
  t.regex(
    await world.sh('cat lxc/u1/config'),
    new RegExp(`^lxc.rootfs.path = loop:${world.lxcpath}/u1/rootdev$`, 'm'),
  );
  t.is(
    await world.sh('stat -c "%s %a" lxc/u1/rootdev; blkid -p -o value -s TYPE lxc/u1/rootdev'),
    `419430400 600\n${fstype}\n`,
  );
  t.is(
    await inside(
      world,
      'u1',
      'stat -c %u /etc; cat /etc/hostname; grep " / " /proc/mounts | cut -d" " -f3; echo one > /root/note',
    ),
    `0\nu1\n${fstype}\n`,
  );
  await world.sh('tlxc-copy -n u1 -N u2 && tlxc-snapshot -n u1');
  t.is(await inside(world, 'u1', 'echo two > /root/note; touch /root/more; echo ok'), 'ok\n');
  t.is(await world.sh('tlxc-snapshot -n u1 --diff snap0 | grep root/'), 'A /root/more\nM /root/note\n');
  await world.sh('tlxc-snapshot -n u1 -r snap0');
  t.is(await inside(world, 'u1', 'cat /root/note; ls /root'), 'one\nnote\n');
  t.is(await inside(world, 'u2', 'cat /root/note; hostname'), 'one\nu2\n');
  t.regex(await world.sh('tlxc-ls -F NAME,DISK,DISKLIMIT u1'), /\nu1 +\d+\.\d\dMB +400\.00MB/);
  await world.sh('tlxc-copy -n u2 -N u3 -L 500M && tlxc-copy -n u2 -N u4 -B dir');
  t.is(await world.sh('stat -c %s lxc/u3/rootdev; cat lxc/u4/rootfs/root/note'), '524288000\none\n');
  t.is(await inside(world, 'u3', 'cat /root/note'), 'one\n');
  for (const name of ['u2', 'u3', 'u4']) await world.sh(`tlxc-destroy -n ${name}`);
  await world.sh('tlxc-destroy -s -n u1');
  t.is(await world.sh('ls lxc'), '');
  t.is(await attached(world), '');
}

looped('ext4 in a file', async (t) => goesThroughLife(t, await makeWorld(t), 'ext4'));
onXfs('xfs in a file', async (t) => goesThroughLife(t, await makeWorld(t), 'xfs'));
onBtrfs('btrfs in a file', async (t) => goesThroughLife(t, await makeWorld(t), 'btrfs'));

onXfs('a copy of the file shares its blocks where the filesystem can', async (t) => {
  const world = await makeWorld(t);
  await addFilesystem(world, { type: 'xfs', at: world.lxcpath });
  await world.sh('tlxc-create -n u1 -t busybox -B loop --fssize 200M');
  await inside(world, 'u1', 'dd if=/dev/urandom of=/root/big bs=1M count=64 2>/dev/null');
  const used = async (): Promise<number> =>
    Number(await world.sh('sync; df --output=used -k lxc | tail -n 1'));
  const before = await used();
  await world.sh('tlxc-copy -n u1 -N u2');
  t.true((await used()) - before < 32 * 1024);
});

looped('what cannot be is refused, and nothing is left', async (t) => {
  const world = await makeWorld(t);
  const fails = async (words: string, reason: RegExp): Promise<void> => {
    const { code, stderr } = await world.run('sh', '-c', words);
    t.is(code, 1, words);
    t.regex(stderr, reason);
  };
  const create = 'tlxc-create -n u1 -t busybox';
  await fails(
    `${create} -B loop --fstype vfat`,
    /backing store loop cannot have the filesystem vfat: there are ext4, xfs/,
  );
  await fails(`${create} -B loop --fssize 12x`, /"12x" is no size\n {2}hint: write a number of MiB/);
  await fails(
    `${create} -B dir --fstype ext4`,
    /backing store dir takes no fstype \(--fstype\): that is only valid with loop/,
  );
  await fails(
    `${create} -B loop --fssize 2M`,
    /No space left on device.*\n {2}hint: it holds more: give it more \(--fssize\)/,
  );
  t.is(await world.sh('ls -A lxc'), '');
  await world.sh(`${create} -B loop --fssize 100M`);
  await fails(
    'tlxc-copy -n u1 -N u2 -s',
    /a loop cannot be a snapshot\n {2}hint: make a copy rather than a snapshot \(-s\)/,
  );
  await world.sh('chmod o+w lxc/u1/rootdev');
  await fails('tlxc-copy -n u1 -N u2', /rootdev can be written by others than root, and is not mounted/);
  t.is(await world.sh('ls -A lxc | grep -v trash'), 'u1\n');
  t.is(await attached(world), '');
});

looped(
  'killed at any moment, a create leaves a whole container or none, nothing mounted and no device',
  async (t) => {
    const world = await makeWorld(t);
    const create = (name: string): string => `tlxc-create -n ${name} -t busybox -B loop --fssize 100M`;
    await world.sh(create('u0'));
    const began = Date.now();
    await world.sh(create('whole'));
    const whole = (Date.now() - began) / 1000;
    for (let moment = 1; moment <= 8; moment++) {
      const name = `u${moment}`;
      await world.sh(`timeout -s KILL ${(whole * moment) / 8} ${create(name)} || true`);
      const there = (await world.sh(`ls lxc`)).split('\n').includes(name);
      if (there) t.is(await inside(world, name, 'hostname'), `${name}\n`);
    }
    await world.sh(create('last'));
    t.is(await world.sh("ls -A lxc | grep '^[.]tlxc' || true"), '');
    t.is(await world.sh('grep -c /lxc/ /proc/mounts || true'), '0\n');
    t.is(await attached(world), '');
  },
);

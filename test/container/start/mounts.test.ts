/** Mount entries and root filesystems of the rarer kinds, and what is said where one cannot be. */
import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox } from '../../rig/containers.ts';
import { eventually } from '../../rig/eventually.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld } from '../../rig/world.ts';
import { boot } from '../../effects/effect.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');
const looped = requires('root', 'userns', 'idmap', 'busybox', 'loop');

rooted('move: the mount itself with all below it; the host keeps its own', async (t) => {
  const world = await makeWorld(t);
  await world.sh('mkdir src plain; mount -t tmpfs src src; mkdir src/sub; mount -t tmpfs sub src/sub');
  const { inside } = await boot(
    world,
    [
      `lxc.mount.entry = ${world.dir}/src mnt none move 0 0`,
      'lxc.mount.entry = tmpfs opt tmpfs create=dir,size=1M 0 0',
      'lxc.mount.entry = opt srv none move,relative,create=dir 0 0',
    ],
    { privileged: true },
  );
  t.is(
    await inside(`awk '$2 ~ "^/(mnt|opt|srv)" { print $2, $1 }' /proc/mounts`),
    '/mnt src\n/mnt/sub sub\n/srv tmpfs',
  );
  await world.sh('mountpoint -q src/sub; tlxc-stop -k -n c1');
  const entry = `lxc.mount.entry=${world.dir}/plain mnt none move 0 0`;
  const { stderr } = await world.run('tlxc-start', '-n', 'c1', '-s', entry);
  t.regex(stderr, /only a mount can be moved/);
  await world.sh('umount src/sub src');
});

rooted('idmap=PATH: the ids of another user namespace', async (t) => {
  const world = await makeWorld(t);
  await world.sh('mkdir data; touch data/file; chown 7:7 data/file');
  const pid = (await world.sh('unshare --user sleep 60 > /dev/null 2>&1 & echo $!')).trim();
  const namespace = `/proc/${pid}/ns/user`;
  const own = await world.sh('readlink /proc/self/ns/user');
  await eventually(30, async () => (await world.sh(`readlink ${namespace}`)) !== own);
  await world.sh(`for kind in uid gid; do echo 7 3000007 1 > /proc/${pid}/\${kind}_map; done`);
  const entry = `lxc.mount.entry = ${world.dir}/data mnt none bind,idmap=${namespace} 0 0`;
  const { inside } = await boot(world, [entry], { privileged: true });
  t.is(await inside('stat -c %u:%g /mnt/file'), '3000007:3000007');
  await world.sh('tlxc-stop -k -n c1');
  const gone = entry.replace(namespace, '/no/such/file').replace(' = ', '=');
  const { stderr } = await world.run('tlxc-start', '-n', 'c1', '-s', gone);
  t.regex(stderr, /cannot mount \/no\/such\/file \(open\): no such file or directory/);
  await world.sh(`kill ${pid}`);
});

rooted("owner=UID:GID: what is somebody's on the host is another's inside, and nobody else's", async (t) => {
  const world = await makeWorld(t);
  await world.sh('mkdir data; touch data/file data/root; chown 4711:4712 data data/file');
  const entry = `lxc.mount.entry = ${world.dir}/data mnt none bind,owner=33:34 0 0`;
  for (const privileged of [false, true]) {
    const { inside } = await boot(world, [entry], { privileged });
    t.is(await inside('stat -c %u:%g /mnt/file /mnt/root'), '33:34\n65534:65534');
    t.is(await inside('chmod 700 /mnt; ls /mnt 2>&1; stat -c %a /mnt'), 'file\nroot\n700');
    await world.sh('tlxc-attach -n c1 -u 33 -g 34 -- touch /mnt/made');
    t.is(await world.sh('stat -c %u:%g data/made'), '4711:4712\n');
    // Not even as root: a file of its has no owner on the host.
    t.regex(await inside('touch /mnt/other 2>&1 || :'), /Value too large/);
    await world.sh('rm data/made; chmod 755 data; tlxc-stop -k -n c1; rm -r lxc/c1');
  }
});

looped('a filesystem on a block device, whatever the device list allows', async (t) => {
  const world = await makeWorld(t);
  await world.sh('truncate -s 4M disk; mkfs.ext4 -q disk; losetup -f --show disk > device');
  const device = (await world.sh('cat device')).trim();
  t.teardown(() => world.sh(`losetup -d ${device}`));
  const { inside } = await boot(
    world,
    [
      `lxc.mount.entry = ${device} mnt ext4 nosuid,data=ordered 0 0`,
      'lxc.cgroup.devices.deny = a',
      ...['1', '5', '136'].map((major) => `lxc.cgroup.devices.allow = c ${major}:* rwm`),
    ],
    { privileged: true },
  );
  t.regex(
    await inside(`awk '$2 == "/mnt" { print $1, $3, $4 }' /proc/mounts`),
    /^\/dev\/loop\d+ ext4 rw,nosuid/,
  );
  await world.sh('tlxc-stop -k -n c1');
  const entry = `lxc.mount.entry=${world.dir}/disk mnt ext4 defaults 0 0`;
  const { stderr } = await world.run('tlxc-start', '-n', 'c1', '-s', entry);
  t.regex(stderr, /block device required\n.*\n {2}hint: this filesystem needs a block device/);
});

looped('a plain path that is an image is mounted; what is none is refused', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'model');
  await world.sh(
    `mksquashfs ${world.lxcpath}/model/rootfs image -quiet -no-progress >&2; echo nothing > none`,
  );
  const { inside } = await boot(world, [`lxc.rootfs.path = ${world.dir}/image`]);
  t.regex(await inside(`awk '$2 == "/" { print $3, $4 }' /proc/mounts`), /^squashfs ro/);
  await world.sh('tlxc-stop -k -n c1');
  const { stderr } = await world.run(
    'tlxc-start',
    '-n',
    'c1',
    '-s',
    `lxc.rootfs.path=loop:${world.dir}/none`,
  );
  t.regex(stderr, /blkid finds no filesystem in .*\/none/);
});

rooted('a link in a target, a target elsewhere, and storage that is not there yet', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  symlinkSync('/tmp', join(world.lxcpath, 'c1/rootfs/link'));
  const start = (...lines: readonly string[]) =>
    world.run('tlxc-start', '-n', 'c1', ...lines.flatMap((line) => ['-s', line]));
  const linked = await start('lxc.mount.entry=tmpfs link/below tmpfs create=dir');
  t.regex(
    linked.stderr,
    /no mount point .*\/link\/below .*symbolic link[^]*hint: nothing is mounted or made through/,
  );
  t.regex((await start('lxc.rootfs.path=nbd:/srv/c1')).stderr, /storage of type nbd is not supported/);
  const zfs = /filesystem zfs\): no such device\n.*\n {2}hint: this kernel does not know the filesystem type/;
  if (!(await world.sh('cat /proc/filesystems')).includes('zfs'))
    t.regex((await start('lxc.rootfs.path=zfs:tank/c1')).stderr, zfs);
  const elsewhere = await start('lxc.mount.entry=tmpfs /elsewhere tmpfs defaults');
  t.is(elsewhere.code, 0);
  t.regex(elsewhere.stderr, /\/elsewhere: left out/);
});

rooted('a mount tunnel below a private mount is said to lead nowhere', async (t) => {
  const world = await makeWorld(t);
  await world.sh('mkdir tunnel; mount --bind tunnel tunnel; mount --make-private tunnel');
  addBusybox(world, 'c1', { config: [`lxc.mount.auto = shmounts:${world.dir}/tunnel`] });
  const { stderr } = await world.run('tlxc-start', '-n', 'c1');
  t.regex(stderr, /will not show inside.*mount --make-shared/);
  await world.sh('tlxc-stop -k -n c1; mount --make-shared tunnel');
  t.is((await world.run('tlxc-start', '-n', 'c1')).stderr, '');
  await world.sh('tlxc-stop -k -n c1; umount tunnel');
});

rooted('with lxc.rootfs.managed = 0 a rename that would move the root filesystem is refused', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1', { config: ['lxc.rootfs.managed = 0'] });
  const { code, stderr } = await world.run('tlxc-copy', '-R', '-n', 'c1', '-N', 'c2');
  t.is(code, 1);
  t.regex(stderr, /lxc\.rootfs\.managed = 0 forbids it/);
  t.true(existsSync(join(world.lxcpath, 'c1/config')));
});

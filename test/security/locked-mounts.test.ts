/** What the host's mounts forbid and hide stays so in a container, and nothing that it mounts shows on the host. */
import type { ExecutionContext } from 'ava';
import { addBusybox } from '../rig/containers.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');

const PROPAGATIONS = ['private', 'shared', 'slave', 'unbindable'].flatMap((kind) => [kind, `r${kind}`]);

/** A shared mount of the host's that forbids much, over a secret; with a mount below it. */
async function makeSource(t: ExecutionContext): Promise<World> {
  const world = await makeWorld(t);
  await world.sh(
    'mkdir -p source/covered; echo secret > source/covered/file; mount --bind source source; mount --make-shared source; ' +
      'mount -t tmpfs -o mode=777 cover source/covered; mount -o remount,bind,ro,nosuid,nodev,noexec source',
  );
  return world;
}

const removeSource = (world: World): Promise<string> => world.sh('umount source/covered source');

/** A container whose root has every capability there. */
async function start(world: World, config: readonly string[], privileged = false): Promise<void> {
  addBusybox(world, 'c1', { config, privileged });
  await world.sh('tlxc-start -n c1');
}

const inside = async (world: World, line: string): Promise<string> => {
  const { stdout, stderr } = await world.run('tlxc-attach', '-n', 'c1', '--', 'sh', '-c', line);
  return stdout + stderr;
};

rooted(
  'a read-only mount of the host cannot be made writable, nor what is covered be uncovered',
  async (t) => {
    const world = await makeSource(t);
    const source = `${world.dir}/source`;
    await start(world, [
      `lxc.mount.entry = ${source} mnt none rbind,idmap=container 0 0`,
      `lxc.mount.auto = shmounts:${source}:/tunnel`,
    ]);
    const before = await inside(world, 'grep -E " /(mnt|tunnel)" /proc/self/mountinfo');
    for (const place of ['/mnt', '/tunnel']) {
      for (const options of ['rw', 'rw,exec', 'rw,suid', 'rw,dev', 'rw,noatime'])
        t.regex(await inside(world, `mount -o remount,bind,${options} ${place}`), /permission denied/);
      await inside(
        world,
        `umount ${place}/covered; umount -l ${place}/covered; mount --move ${place}/covered /tmp`,
      );
      await inside(world, `unshare -m sh -c "umount ${place}/covered; cat ${place}/covered/file > /seen"`);
      t.notRegex(await inside(world, `cat ${place}/covered/file /seen`), /secret/);
      t.regex(
        await inside(world, `mount --bind ${place} /tmp; ls /tmp/covered`),
        /mounting/,
        'nor by another bind',
      );
      t.regex(await inside(world, `touch ${place}/new`), /Read-only file system/);
    }
    t.is(await inside(world, 'grep -E " /(mnt|tunnel)" /proc/self/mountinfo'), before);
    await world.sh('tlxc-stop -k -n c1');
    await removeSource(world);
  },
);

rooted('what is mounted below a directory is not uncovered by a bind that leaves it out', async (t) => {
  const world = await makeSource(t);
  addBusybox(world, 'c1', { config: [`lxc.mount.entry = ${world.dir}/source mnt none bind 0 0`] });
  const { code, stderr } = await world.run('tlxc-start', '-n', 'c1');
  t.is(code, 1);
  t.regex(
    stderr,
    /cannot mount .*\/source \(open_tree\): invalid argument\n {2}at .*:\d+ \(lxc\.mount\.entry\)\n {2}hint: .*write rbind/,
  );
  await removeSource(world);
});

for (const privileged of [false, true]) {
  const kind = privileged ? 'privileged' : 'unprivileged';
  rooted(`${kind}: whatever the propagation, no mount made inside shows on the host`, async (t) => {
    const world = await makeSource(t);
    const source = `${world.dir}/source/covered`;
    const entries = PROPAGATIONS.map(
      (word) => `lxc.mount.entry = ${source} ${word} none rbind,create=dir,${word} 0 0`,
    );
    await start(world, [...entries, `lxc.mount.auto = shmounts:${source}`], privileged);
    const before = await world.sh('cat /proc/self/mountinfo');
    const places = [...PROPAGATIONS.map((word) => `/${word}`), '/dev/.lxc-mounts'];
    await inside(world, 'mkdir /rshared/below');
    await inside(world, places.map((place) => `mount -t tmpfs inner ${place}/below`).join('; '));
    const made = await inside(world, 'grep " inner " /proc/self/mountinfo');
    for (const place of places) t.true(made.includes(` ${place}/below `), place);
    t.is(await world.sh('cat /proc/self/mountinfo'), before);
    await world.sh('tlxc-stop -k -n c1');
    await removeSource(world);
  });
}

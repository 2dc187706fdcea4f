/** What tlxc-export writes of containers on btrfs, and of a plain user's that stands still. */
import { addFilesystem } from '../../rig/filesystem.ts';
import { requires } from '../../rig/requires.ts';
import { delegateGroups, makeUser } from '../../rig/user.ts';
import { makeWorld } from '../../rig/world.ts';

const onBtrfs = requires('root', 'userns', 'idmap', 'overlay', 'busybox', 'btrfs');
const byUser = requires('root', 'userns', 'overlay', 'users', 'busybox', 'cgroup1').serial;

const FILES = 'cd /root; echo one > note; ln note second; mkdir -m 700 own; chown 5:6 own';
const LOOK = 'cd /root; cat note; stat -c %h note; stat -c %u:%g:%a own; hostname';

onBtrfs('btrfs: stopped with its snapshot, and running', async (t) => {
  const world = await makeWorld(t);
  await addFilesystem(world, { type: 'btrfs', at: world.lxcpath });
  await world.sh(`tlxc-create -n u1 -t busybox -B btrfs && tlxc-start -n u1 -s lxc.net.0.link= &&
    tlxc-attach -n u1 -- sh -c '${FILES}' && tlxc-snapshot -n u1 && tlxc-export -n u1 --freeze running.tar &&
    btrfs subvolume create lxc/u1/rootfs/root/within && echo deep > lxc/u1/rootfs/root/within/file &&
    tlxc-stop -k -n u1 && tlxc-export --snapshots -n u1 stopped.tar`);
  await world.sh('tlxc-import -N u2 running.tar && tlxc-import -N u3 -B btrfs stopped.tar');
  for (const name of ['u2', 'u3']) {
    const seen = `tlxc-start -n ${name} -s lxc.net.0.link= && tlxc-attach -n ${name} -- sh -c '${LOOK}'; tlxc-stop -k -n ${name}`;
    t.is(await world.sh(seen), `one\n2\n5:6:700\n${name}\n`);
  }
  // What a subvolume of its own holds is part of the tree.
  t.is(await world.sh('cat lxc/u3/rootfs/root/within/file'), 'deep\n');
  t.is(
    await world.sh('tlxc-snapshot -n u3 --diff snap0 | grep within'),
    'A /root/within\nA /root/within/file\n',
  );
});

byUser("a user's own, frozen", async (t) => {
  const user = await makeUser(t);
  await delegateGroups(t, user);
  await user.sh(
    `echo 'lxc.net.0.type = empty' > seed; tlxc-create -n u1 -f seed -t busybox; tlxc-start -n u1`,
  );
  await user.sh(`tlxc-attach -n u1 -- sh -c '${FILES}'`);
  await user.sh('tlxc-freeze -n u1 && tlxc-export -n u1 frozen.tar && tlxc-info -n u1 -s | grep FROZEN');
  await user.sh('tlxc-unfreeze -n u1 && tlxc-export -n u1 --freeze running.tar && tlxc-snapshot -n u1');
  t.is(await user.sh('tlxc-info -n u1 -sH; tlxc-stop -k -n u1'), 'RUNNING\n');
  await user.sh('tlxc-import -N u2 frozen.tar; tlxc-import -N u3 running.tar; tlxc-snapshot -n u1 -r snap0');
  for (const name of ['u1', 'u2', 'u3']) {
    await user.sh(`tlxc-start -n ${name}`);
    t.is(await user.sh(`tlxc-attach -n ${name} -- sh -c '${LOOK}'`), `one\n2\n5:6:700\n${name}\n`);
    await user.sh(`tlxc-stop -k -n ${name}`);
  }
});

/** A user's own id among a container's: files of the user's that somebody inside may write, and whole ranges with a hole for it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeBusyboxRootfs } from '../rig/busybox.ts';
import { requires } from '../rig/requires.ts';
import { delegateGroups, makeUser, USER, type User } from '../rig/user.ts';

const tested = requires('root', 'userns', 'overlay', 'users', 'busybox', 'cgroup1');
const bridged = requires('root', 'userns', 'overlay', 'users', 'busybox', 'bridge');

const { uid, firstUid, firstGid } = USER;
/** 1000 inside is the user, and everybody else is not. */
const HOLE = [
  `lxc.idmap = u 0 ${firstUid} 1000`,
  `lxc.idmap = g 0 ${firstGid} 1000`,
  `lxc.idmap = u 1000 ${uid} 1`,
  `lxc.idmap = g 1000 ${uid} 1`,
  `lxc.idmap = u 1001 ${firstUid + 1001} 64535`,
  `lxc.idmap = g 1001 ${firstGid + 1001} 64535`,
];

const seeded = (user: User, lines: readonly string[]): void =>
  writeFileSync(join(user.home, 'seed'), ['lxc.net.0.type = empty', ...lines, ''].join('\n'));

tested('the user is somebody in the container, and writes own files there', async (t) => {
  const user = await makeUser(t);
  await delegateGroups(t, user);
  await user.sh('mkdir work');
  seeded(user, [...HOLE, `lxc.mount.entry = ${user.home}/work srv none bind,create=dir 0 0`]);
  await user.sh('tlxc-create -n c1 -f seed -t busybox -B dir');
  await user.sh('tlxc-start -n c1');
  t.is(
    await user.sh(
      "tlxc-attach -n c1 -u 1000 -g 1000 -- sh -c 'id -u; echo made > /srv/file; ls -ln /srv/file' | tr -s ' '",
    ),
    await user
      .sh(`echo 1000; ls -ln work/file | sed 's/${uid}/1000/g' | tr -s ' '`)
      .then((text) => text.replace('work/file', '/srv/file')),
  );
  t.is(await user.sh("stat -c '%u:%g' work/file"), `${uid}:${uid}\n`);
  await user.sh(
    "tlxc-attach -n c1 -- sh -c 'mkdir /own; chown 1000:1000 /own; mkdir /other; chown 1001 /other'",
  );
  t.is(await user.sh('tlxc-cgroup -n c1 pids.max 50; tlxc-cgroup -n c1 pids.max'), '50\n\n');
  await user.sh('tlxc-stop -k -n c1');
  await user.sh('tlxc-copy -n c1 -N c2; tlxc-copy -s -n c1 -N c3');
  for (const copy of ['c2', 'c3']) {
    await user.sh(`tlxc-start -n ${copy}`);
    t.is(
      await user.sh(`tlxc-attach -n ${copy} -- stat -c '%u:%g' /own /other /bin/busybox`),
      '1000:1000\n1001:0\n0:0\n',
      copy,
    );
    await user.sh(`tlxc-stop -k -n ${copy}; tlxc-destroy -n ${copy}`);
  }
  await user.sh('tlxc-export -n c1 c1.tar; tlxc-destroy -n c1; tlxc-import -n c1 c1.tar; tlxc-destroy -n c1');
  t.is(await user.sh('ls .local/share/tlxc; cat work/file'), 'made\n');
});

tested('a template is told which id inside is the user’s', async (t) => {
  const user = await makeUser(t);
  makeBusyboxRootfs(join(user.world.dir, 'rootfs'));
  const template = join(user.world.dir, 'template');
  writeFileSync(template, '#!/bin/sh\necho "$@" > ' + join(user.world.dir, 'words') + '\n', { mode: 0o755 });
  await user.world.sh(': > words; chmod 666 words');
  seeded(user, HOLE);
  await user.sh(`tlxc-create -n c1 -f seed -B dir -t ${template}`);
  t.regex(await user.world.sh('cat words'), / --mapped-uid=1000 --mapped-gid=1000\s/);
});

tested('subordinate ids that overlap, hold the user’s own, and are fewer than a system has', async (t) => {
  const user = await makeUser(t);
  await user.world
    .sh(`echo '${USER.name}:${uid - 1}:3' >> /etc/subuid; echo '${USER.name}:${uid}:1' >> /etc/subgid
    sed -i 's/:65536$/:1000/' /etc/subuid /etc/subgid; echo '${USER.name}:${firstUid + 500}:500' >> /etc/subuid`);
  const refused = await user.run('tlxc-create', '-n', 'c1', '-t', 'busybox');
  t.regex(
    refused.stderr,
    /subordinate uids: \/etc\/subuid gives ann 200000-200999, 4710-4712, 200500-200999; mend: usermod --add-subuids/,
  );
  seeded(user, [`lxc.idmap = u 0 ${firstUid} 1000`, `lxc.idmap = g 0 ${firstGid} 1000`]);
  await user.sh('tlxc-create -n c1 -f seed -t busybox -B dir; tlxc-start -n c1 2>/dev/null');
  t.is(await user.sh("tlxc-attach -n c1 -- awk '{ print $3 }' /proc/1/uid_map"), '1000\n');
  await user.sh('tlxc-stop -k -n c1; tlxc-destroy -n c1');
  t.is(await user.sh('ls .local/share/tlxc'), '');
});

bridged('without a network of its own a container shows the host’s, to its user too', async (t) => {
  const user = await makeUser(t);
  writeFileSync(join(user.home, 'seed'), 'lxc.net.0.type = none\n');
  await user.world.sh('ip link add br7 type bridge; ip address add 10.9.8.7/24 dev br7; ip link set br7 up');
  await user.sh('tlxc-create -n c1 -f seed -t busybox; tlxc-start -n c1 2>/dev/null');
  const shown = await user.run('tlxc-info', '-n', 'c1', '-iH');
  t.deepEqual([shown.code, shown.stdout, shown.stderr], [0, '10.9.8.7\n', '']);
  await user.world.sh('ip link delete br7');
});

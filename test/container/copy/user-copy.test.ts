/** Copies and snapshots of containers whose files belong to a plain user's subordinate ids. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requires } from '../../rig/requires.ts';
import { makeUser, USER, type User } from '../../rig/user.ts';

const rooted = requires('root', 'userns', 'overlay', 'users', 'busybox');

async function create(user: User, backend: string): Promise<void> {
  await user.sh(`echo 'lxc.net.0.type = empty' > seed; tlxc-create -n u1 -f seed -t busybox -B ${backend}`);
}

/** What a line of shell prints in the container, which runs for it. */
const inside = (user: User, name: string, line: string): Promise<string> =>
  user.sh(
    `tlxc-start -n ${name} 2>/dev/null && tlxc-attach -n ${name} -- sh -c '${line}'; tlxc-stop -k -n ${name}`,
  );

const CHANGE =
  'echo old > /etc/motd; rm /etc/group; mkdir -m 700 /srv; touch /srv/x; chown -R 7:7 /srv; echo ok';
const LOOK = 'cat /etc/motd; ls /etc/group 2>/dev/null; stat -c %u /srv/x; hostname';

for (const [backend, place] of [
  ['dir', 'rootfs'],
  ['overlay', 'overlay/delta'],
] as const) {
  rooted(
    `${backend}: a user copies, keeps and restores a container, and sees what was changed`,
    async (t) => {
      const user = await makeUser(t);
      await create(user, backend);
      await user.sh('tlxc-snapshot u1');
      t.is(await inside(user, 'u1', CHANGE), 'ok\n');
      const changes = (await user.sh('tlxc-snapshot u1 --diff snap0')).split('\n');
      for (const line of ['D /etc/group', 'A /srv', 'A /srv/x']) t.true(changes.includes(line), line);
      await user.sh('tlxc-copy u1 -N u2 && tlxc-snapshot u1');
      t.is(await inside(user, 'u2', LOOK), 'old\n7\nu2\n');
      t.is(
        await user.world.sh(`stat -c %u ${user.home}/.local/share/tlxc/u2/${place}/srv/x`),
        `${USER.firstUid + 7}\n`,
      );
      await user.sh('tlxc-snapshot u1 -r snap1 u3 && tlxc-snapshot u1 -r snap0');
      t.is(await inside(user, 'u3', LOOK), 'old\n7\nu3\n');
      t.is(await inside(user, 'u1', 'ls /etc/group; ls -d /srv 2>/dev/null; hostname'), '/etc/group\nu1\n');
      await user.sh('tlxc-destroy u3; tlxc-destroy u2; tlxc-snapshot u1 -d ALL; tlxc-destroy u1');
      t.is(await user.sh('tlxc-ls -1; find .local/share/tlxc -mindepth 2'), '');
    },
  );
}

rooted('a user starts a copy that is gone when it stops', async (t) => {
  const user = await makeUser(t);
  await create(user, 'dir');
  t.is(await user.sh('tlxc-copy u1 -e -N u2 -- hostname 2>/dev/null'), 'Created u2 as clone of u1\nu2\n');
  const volatile = `tlxc-copy u1 -e -t -N u2 -- sh -c 'echo x > /etc/new; cat /etc/new' 2>/dev/null`;
  const told = 'Created u2 as clone of u1\nWhat it changes lies in memory: a reboot loses it\n';
  t.is(await user.sh(volatile), `${told}x\n`);
  await user.sh('tlxc-copy u1 -s -N u3');
  t.is(await inside(user, 'u3', 'echo over > /etc/motd; cat /etc/motd'), 'over\n');
  await user.sh('tlxc-copy u3 -N u4 && tlxc-destroy u3');
  t.is(await inside(user, 'u4', 'cat /etc/motd'), 'over\n');
  await user.sh('tlxc-destroy u4 && tlxc-destroy u1');
  t.is(await user.sh('tlxc-ls -1'), '');
});

/** Takes its time for the last step, cp's shortest: the tree is another user's, and closed. */
const slowCopy = (cp: string): string => `#!/bin/sh
for to; do :; done
${cp} "$@" && mode=$(stat -c %a "$to") && chmod 700 "$to" && sleep 0.6 && chmod "$mode" "$to"
`;

rooted('a copy is brought to disk while cp keeps its owner out of it', async (t) => {
  const user = await makeUser(t);
  await create(user, 'overlay');
  const [cp, slow] = ['cp', 'slow-cp'].map((name) => join(user.world.dir, name)) as [string, string];
  writeFileSync(slow, slowCopy(cp), { mode: 0o755 });
  await user.world.sh(`cp $(command -v cp) ${cp}; mount --bind ${slow} $(command -v cp)`);
  t.teardown(() => user.world.sh('umount $(command -v cp)'));
  await user.sh('tlxc-snapshot u1');
  t.regex(await user.sh('tlxc-snapshot -L u1'), /^snap0 /);
});

/** tlxc.credential.*, as systemd takes them. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DebianRelease } from '../../rig/cache.ts';
import { addDebian } from '../../rig/containers.ts';
import { debianRootfsTar } from '../../rig/debian.ts';
import { eventually } from '../../rig/eventually.ts';
import { requires } from '../../rig/requires.ts';
import { delegateGroups, makeUser } from '../../rig/user.ts';
import { makeWorld } from '../../rig/world.ts';

const booting = requires('root', 'debian', 'userns', 'idmap');
const usersBooting = requires('root', 'userns', 'overlay', 'users', 'debian', 'cgroup1');

/** systemd-tmpfiles takes this one by itself: what it says is made at boot. */
const TMPFILES = 'f /etc/made 0644 root root - by-credential';
/** What systemd knows, what it did with it, and what a service gets that asks. */
const ASKED = `cat /run/credentials/@system/mine; echo; cat /etc/made; echo
systemd-run --quiet --wait --pipe -p LoadCredential=mine sh -c 'cat "$CREDENTIALS_DIRECTORY/mine"'`;
const ANSWER = 'to nobody else\nby-credential\nto nobody else';

for (const release of ['bookworm', 'trixie'] as const satisfies DebianRelease[])
  booting(`${release}'s systemd hands credentials to its services, and takes its own`, async (t) => {
    const world = await makeWorld(t);
    const config = [
      'lxc.include = /usr/share/tlxc/config/common.conf',
      'lxc.include = /usr/share/tlxc/config/userns.conf',
      'lxc.net.0.type = empty',
      'tlxc.credential.set.mine = to nobody else',
      `tlxc.credential.set.tmpfiles.extra = ${TMPFILES}`,
    ];
    addDebian(world, 'd1', { config }, release);
    await world.sh('tlxc-start -n d1 --wait=ready');
    const asked = await world.run('tlxc-attach', '-n', 'd1', '--', 'sh', '-c', ASKED);
    t.is(asked.stdout, ANSWER, asked.stderr);
    const { stdout } = await world.run('tlxc-attach', '-n', 'd1', '--', 'systemd-creds', '--system', 'list');
    t.regex(stdout, /^mine\s/m);
    await world.sh('tlxc-stop -k -n d1');
  });

usersBooting('and in a container of a plain user', async (t) => {
  const user = await makeUser(t);
  await delegateGroups(t, user);
  await user.world.sh(`cp ${debianRootfsTar()} ${user.home}/debian.tar && chmod 644 ${user.home}/debian.tar`);
  await user.sh(`echo 'lxc.net.0.type = empty' > seed; tlxc-create -n d1 -f seed -t local -- -f debian.tar`);
  await user.sh(`printf 'to nobody else' > mine && chmod 600 mine`);
  appendFileSync(
    join(user.home, '.local/share/tlxc/d1/config'),
    `tlxc.credential.load.mine = ${user.home}/mine\ntlxc.credential.set.tmpfiles.extra = ${TMPFILES}\n`,
  );
  await user.sh('tlxc-start -n d1');
  const asked = await eventually(120, async () => {
    const outcome = await user.run('tlxc-attach', '-n', 'd1', '--', 'sh', '-c', ASKED);
    return outcome.stdout === ANSWER ? outcome.stdout : undefined;
  });
  t.is(asked, ANSWER);
  await user.sh('tlxc-stop -k -n d1 && tlxc-destroy -n d1');
});

/** Root reads a user's store, and the directory service that knows the user's groups does not answer. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { rigLibrary } from '../rig/programs.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';

const USER = 12345;

requires('root')(
  'a command waits for it once, for seconds, and then says what it could not learn',
  async (t) => {
    const world = await makeWorld(t);
    symlinkSync(rigLibrary('nss-silent'), join(world.dir, 'libnss_silent.so.2'));
    await world.sh(`mkdir -p home/c1 home/c2; echo lxc.uts.name = said > home/said
    for name in c1 c2; do ln -s ../said home/$name/config; done; chown -hR ${USER}:${USER} home
    echo 'passwd: files silent' > nsswitch.conf; mount --bind nsswitch.conf /etc/nsswitch.conf`);
    const options = {
      env: { LD_LIBRARY_PATH: world.dir, NSS_ASKED: join(world.dir, 'asked') },
      timeout: 40_000,
    };
    const store = join(world.dir, 'home');
    const { code, stderr } = await world.runWith(options, 'tlxc-info', '-P', store, '-n', 'c1');
    t.is(code, 1);
    t.regex(
      stderr,
      /c1\/config: cannot be read: what knows the host's users \(nsswitch\.conf\) does not say/,
    );
    const listed = await world.runWith(options, 'tlxc-ls', '-P', store, '-f');
    t.is(listed.code, 0);
    t.regex(listed.stdout, /^c1 .*\n(.*\n)*c2 /m);
    t.is(await world.sh('cat asked'), '??', 'one question a command');
    await world.sh('umount /etc/nsswitch.conf');
  },
);

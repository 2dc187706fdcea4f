/** Who asks for a container that is not there, or that only others may see, is told where it was looked for and what to do. */
import { join } from 'node:path';
import { makeUser, USER } from '../rig/user.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';

const rooted = requires('root', 'netns');
const shared = requires('root', 'userns', 'users');

/** A directory with a configuration is a container for whoever only asks whether it is there. */
const define = (store: string, name: string): string =>
  `mkdir -p ${store}/${name} && chmod 770 ${store}/${name} && echo 'lxc.rootfs.path = none' > ${store}/${name}/config`;

rooted('a mistyped name is told with the store that it was looked for in, and what is like it', async (t) => {
  const world = await makeWorld(t);
  await world.furnish(define(world.lxcpath, 'database'));
  const where = `there is no such container in ${world.lxcpath} (did you mean database?): tlxc-ls`;
  for (const [command, ...words] of [
    ['tlxc-start'],
    ['tlxc-stop'],
    ['tlxc-attach'],
    ['tlxc-destroy'],
    ['tlxc-info'],
    ['tlxc-logs'],
    ['tlxc-set'],
    ['tlxc-config', 'explain'],
    ['tlxc-execute'],
    ['tlxc-update-config'],
  ] as const) {
    const { code, stderr } = await world.run(command, ...words, '-n', 'databse');
    t.not(code, 0);
    t.true(stderr.endsWith(`  hint: ${where} lists those that exist\n`), stderr);
  }
  const elsewhere = await world.run('tlxc-start', '-P', join(world.dir, 'lcx'), '-n', 'database');
  t.regex(
    elsewhere.stderr,
    /^tlxc-start: database: No container config specified\n {2}hint: there is no directory \S+\/lcx: .*\(-P\)\n$/,
  );
  await world.sh(`mkdir ${world.dir}/other && mkdir ${world.dir}/other/u1`);
  const { stderr } = await world.run('tlxc-attach', '-P', `${world.dir}/other`, '-n', 'u1');
  t.regex(stderr, /hint: \S+\/other\/u1 has no config: /);
});

shared(
  "another's container is not denied to exist, and the directory that is closed has a name",
  async (t) => {
    const user = await makeUser(t);
    const { world } = user;
    await world.furnish(define(world.lxcpath, 'u1'));
    const closed = new RegExp(
      `permission denied\\n  hint: ${world.lxcpath}/u1 \\(root's, mode 0770\\) is not for ${USER.name} to enter: run it as root \\(sudo\\)\\n$`,
    );
    for (const [command, ...words] of [
      ['tlxc-start'],
      ['tlxc-stop'],
      ['tlxc-attach'],
      ['tlxc-destroy'],
      ['tlxc-info'],
      ['tlxc-logs'],
      ['tlxc-set', 'pids=5'],
      ['tlxc-snapshot'],
      ['tlxc-copy', '-N', 'u2'],
      ['tlxc-config', 'explain'],
    ] as const) {
      const { code, stderr } = await user.run(command, '-P', world.lxcpath, ...words, '-n', 'u1');
      t.is(code, 1, stderr);
      t.regex(stderr, closed);
    }
    const made = await user.run('tlxc-create', '-P', world.lxcpath, '-n', 'u2', '-t', 'none');
    t.is(made.code, 1);
    t.true(
      made.stderr.endsWith(
        `  hint: ${world.lxcpath} (root's, mode 0755) is not for ${USER.name} to write: run it as root (sudo)\n`,
      ),
      made.stderr,
    );
  },
);

shared('what opens a directory of the user can be typed as it stands, and then leads on', async (t) => {
  const user = await makeUser(t);
  await user.sh('mkdir -p shut/inner && chmod 0 shut');
  const create = ['tlxc-create', '-P', join(user.home, 'shut/inner'), '-n', 'u1', '-t', 'none'] as const;
  const shut = await user.run(...create);
  t.is(shut.code, 1);
  const [, typed = ''] = / {2}hint: .*: (chmod .*)\n$/.exec(shut.stderr) ?? [];
  t.is(typed, `chmod u+x ${user.home}/shut`, shut.stderr);
  await user.sh(typed);
  const { code, stderr } = await user.run(...create);
  t.is(code, 0, stderr);
});

shared("root's container of that name is named to a user, and the user's store to root", async (t) => {
  const user = await makeUser(t);
  await user.world.furnish(`mount -t tmpfs lib /var/lib && ${define('/var/lib/tlxc', 'web')}`);
  const { stderr } = await user.run('tlxc-start', '-n', 'web');
  t.regex(stderr, /; root has a container web: sudo\n$/);
  const asRoot = await user.world.runWith(
    { env: { SUDO_USER: USER.name } },
    'tlxc-start',
    '-P',
    '/var/lib/tlxc',
    '-n',
    'mail',
  );
  t.regex(asRoot.stderr, /; ann has a store too, which is looked into without sudo\n$/);
  await user.world.sh('umount /var/lib');
});

/** --fssize of directories and overlays where it cannot be; where it can, test/vm/parts/quota shows it. */
import { requires } from '../rig/requires.ts';
import { makeUser } from '../rig/user.ts';
import { addFilesystem } from '../rig/filesystem.ts';
import { makeWorld } from '../rig/world.ts';

const looped = requires('root', 'userns', 'idmap', 'overlay', 'busybox', 'loop');
const byUser = requires('root', 'userns', 'overlay', 'users', 'busybox');

looped('what keeps a tree from being kept to a size is said, with what helps', async (t) => {
  const world = await makeWorld(t);
  await addFilesystem(world, { type: 'ext4', at: world.lxcpath });
  const fails = async (words: string, reason: RegExp): Promise<void> => {
    const { code, stderr } = await world.run(
      'sh',
      '-c',
      `tlxc-create -n u1 -t busybox --fssize 40M ${words}`,
    );
    t.is(code, 1, words);
    t.regex(stderr, reason);
  };
  const none = (store: string): RegExp =>
    new RegExp(
      `backing store ${store} cannot be kept to a size: the filesystem of .*/lxc has no project quotas, .*tune2fs -O project,quota.*\n  hint: ask for no size \\(--fssize\\), or take loop`,
    );
  await fails('-B dir', none('dir'));
  await fails('', none('overlay'));
  await fails('-B dir --privileged', /the root of a privileged container could take its files out/);
  t.is(await world.sh('ls -A lxc'), 'lost+found\n');
});

byUser('a plain user cannot have it', async (t) => {
  const ann = await makeUser(t);
  const { code, stderr } = await ann.run('tlxc-create', '-n', 'u1', '-t', 'busybox', '--fssize', '40M');
  t.is(code, 1);
  t.regex(stderr, /backing store overlay cannot be kept to a size: only root may set a project's limit/);
});

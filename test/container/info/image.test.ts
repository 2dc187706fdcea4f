/** tlxc-info tells what a container was made from. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox } from '../../rig/containers.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'overlay', 'busybox');

rooted('the image of a container, of its copy, and of one that has none', async (t) => {
  const world = await makeWorld(t);
  await world.sh(
    'echo lxc.net.0.type = empty > seed; tlxc-create -n u1 -t busybox -f seed; tlxc-copy -n u1 -N u2',
  );
  addBusybox(world, 'u3');
  const told = async (name: string) =>
    (JSON.parse(await world.sh(`tlxc-info -n ${name} --json`)) as { readonly image: unknown }).image;
  const [, sha256 = ''] =
    /^# Image: busybox sha256:(.*)$/m.exec(readFileSync(join(world.lxcpath, 'u1/config'), 'utf8')) ?? [];
  const image = { name: 'busybox', origin: 'template busybox', signedBy: null, sha256 };
  for (const name of ['u1', 'u2']) t.deepEqual(await told(name), image);
  t.is(await told('u3'), null);
  const line = new RegExp(`^Image: +busybox from template busybox \\(sha256:${sha256.slice(0, 12)}\\)$`, 'm');
  t.regex(await world.sh('tlxc-info -n u2'), line);
  t.is((await world.sh(`tlxc-image list | grep -c ${sha256.slice(0, 12)}`)).trim(), '1');
  t.notRegex(await world.sh('tlxc-info -n u3'), /Image/);
});

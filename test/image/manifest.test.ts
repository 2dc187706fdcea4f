/** The record of an image's files, where one cannot be read. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';

requires(
  'root',
  'busybox',
  'userns',
)('a file that the disk does not give back is named, and nothing is called whole', async (t) => {
  const world = await makeWorld(t);
  await world.sh("echo 'lxc.net.0.type = empty' > seed; tlxc-create -n c1 -f seed -t busybox -B dir");
  const broken = join(world.dir, 'broken');
  writeFileSync(broken, "#!/bin/sh\necho 'b2sum: ./bin/busybox: Input/output error' >&2\nexit 1\n", {
    mode: 0o755,
  });
  await world.sh(`mount --bind ${broken} /usr/bin/b2sum`);
  const { code, stdout, stderr } = await world.run('tlxc-image', 'verify');
  await world.sh('umount /usr/bin/b2sum');
  t.is(code, 1);
  t.notRegex(stdout, /whole|intact|ok/i);
  t.regex(stderr, /could not be read: b2sum: \.\/bin\/busybox: Input\/output error/);
  t.is((await world.run('tlxc-image', 'verify')).code, 0);
});

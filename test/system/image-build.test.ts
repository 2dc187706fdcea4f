/** tlxc-image build: what is on this machine becomes an image, of which containers are made at once. */
import { requires } from '../rig/requires.ts';
import { makeUser } from '../rig/user.ts';
import { makeWorld } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'overlay', 'busybox');

rooted('of a container: what it changed is in it, its name and what lies below /dev are not', async (t) => {
  const world = await makeWorld(t);
  await world.sh(`echo 'lxc.net.0.type = empty' > seed; tlxc-create -n c1 -f seed -t busybox
    tlxc-start -n c1; tlxc-attach -n c1 -- sh -c 'echo mine > /etc/changed; rm /etc/profile; chown 5:6 /home'`);
  const refused = await world.run('tlxc-image', 'build', '--container', 'c1');
  t.is(refused.code, 1);
  t.regex(refused.stderr, /c1 is running/);
  await world.sh('tlxc-stop -k -n c1');
  t.regex(
    await world.sh('tlxc-image build --container=c1 --alias=mine 2>/dev/null'),
    /^mine [0-9a-f]{12}\n$/,
  );
  t.regex(await world.sh('tlxc-image verify mine'), /^mine [0-9a-f]{12}: sound/);
  t.regex(await world.sh('tlxc-image info mine'), /^Expires: +never$/m);
  await world.sh('tlxc-destroy -n c1; tlxc-create -n c2 -f seed -t local -- -i mine; tlxc-start -n c2');
  const seen = await world.sh(
    `tlxc-attach -n c2 -- sh -c 'hostname; cat /etc/changed; ls /etc/profile; stat -c %u:%g /home' 2>&1 || :`,
  );
  t.regex(seen, /^c2\nmine\nls: \/etc\/profile: No such file or directory\n5:6\n$/);
  await world.sh('tlxc-stop -k -n c2');
  // Built again, it takes the name over; the image of before stays as it is.
  await world.sh('tlxc-image build --container=c2 --alias=mine 2>/dev/null');
  t.is((await world.sh('tlxc-image list')).match(/^mine /gm)?.length, 1);
});

rooted('of a directory, and of a template, with its options', async (t) => {
  const world = await makeWorld(t);
  await world.sh(`mkdir -p tree/etc tree/sbin tree/dev; touch tree/sbin/init tree/etc/hostname
    mknod tree/dev/null c 1 3; chown 7:8 tree/etc; echo 'lxc.net.0.type = empty' > seed`);
  t.regex(await world.sh('tlxc-image build tree 2>/dev/null'), /^directory .*\/tree [0-9a-f]{12}\n$/);
  await world.sh(
    'tlxc-image build tree --alias tree 2>/dev/null; tlxc-create -n c1 -B dir -f seed -t local -- -i tree',
  );
  t.is(
    await world.sh('stat -c %u:%g lxc/c1/rootfs/etc; ls lxc/c1/rootfs/dev; cat lxc/c1/rootfs/etc/hostname'),
    '7:8\nc1\n',
  );
  await world.sh('mknod tree/etc/disk b 7 0; tlxc-image build tree --alias disk 2>/dev/null');
  t.regex(
    (await world.run('tlxc-create', '-n', 'c2', '-f', 'seed', '-t', 'local', '--', '-i', 'disk')).stderr,
    /has the device node \.\/etc\/disk/,
  );
  t.regex(await world.sh('tlxc-image build -t busybox --alias bb 2>/dev/null'), /^bb [0-9a-f]{12}\n$/);
  t.regex(await world.sh('tlxc-image build -t debian -- --help'), /^Template options of debian/);
  const said = async (...words: string[]) => (await world.run('tlxc-image', 'build', ...words)).stderr;
  t.regex(await said(), /build takes one of: --template=TEMPLATE, --container=NAME, DIRECTORY/);
  t.regex(
    await said('-t', '/usr/share/lxc/templates/lxc-busybox'),
    /fills a container, it makes no image\n.*--container=NAME/,
  );
  t.regex(await said('--container', 'nobody'), /nobody: Container is not defined/);
  t.regex(await said('missing'), /missing: no such file/);
  t.is(await world.sh(`ls -A cache/images | grep -v '^[0-9a-f]*$' || :`), '');
});

requires(
  'root',
  'userns',
  'overlay',
  'users',
  'busybox',
)('by a user: of a container, whose files keep their owners', async (t) => {
  const user = await makeUser(t);
  await user.sh(`echo 'lxc.net.0.type = empty' > seed; tlxc-create -n c1 -f seed -t busybox
    tlxc-start -n c1 2>/dev/null; tlxc-attach -n c1 -- sh -c 'echo mine > /etc/changed; chown 5:6 /etc/changed'; tlxc-stop -k -n c1
    tlxc-image build --container=c1 --alias=mine 2>/dev/null; tlxc-create -n c2 -f seed -t local -- -i mine`);
  await user.sh('tlxc-start -n c2 2>/dev/null');
  t.is(await user.sh(`tlxc-attach -n c2 -- stat -c '%u:%g' /etc/changed; tlxc-stop -k -n c2`), '5:6\n');
  t.regex(
    (await user.run('tlxc-image', 'build', user.home)).stderr,
    /only root can say\n.*tlxc-image import rootfs\.tar/,
  );
});

/** LXC's own template programs, run as they are, make containers that start. */
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';

const TEMPLATES = '/usr/share/lxc/templates';
const test = requires('root', 'userns', 'idmap', 'busybox', 'lxc');

test('lxc-busybox, unprivileged and privileged; its options are its own', async (t) => {
  const world = await makeWorld(t);
  await world.sh(`echo 'lxc.net.0.type = empty' > seed
    tlxc-create -n c1 -f seed -t ${TEMPLATES}/lxc-busybox -- --busybox-path=$(command -v busybox)
    tlxc-create -n c2 -f seed --privileged -t ${TEMPLATES}/lxc-busybox
    for name in c1 c2; do tlxc-start -n $name; done`);
  for (const [name, inside] of [
    ['c1', '1000000'],
    ['c2', '0'],
  ] as const) {
    t.is(await world.sh(`tlxc-attach -n ${name} -- hostname`), `${name}\n`);
    t.regex(
      await world.sh(`tlxc-attach -n ${name} -- cat /proc/self/uid_map`),
      new RegExp(`^ +0 +${inside} `),
    );
  }
  await world.sh('for name in c1 c2; do tlxc-stop -k -n $name; done');
  const refused = await world.run(
    'tlxc-create',
    '-n',
    'c3',
    '-t',
    `${TEMPLATES}/lxc-busybox`,
    '--',
    '--nonsense',
  );
  t.is(refused.code, 1);
  t.regex(refused.stderr, /^tlxc-create: c3: the template .*lxc-busybox failed/m);
  t.is(await world.sh('tlxc-ls -1'), 'c1\nc2\n');
});

test('lxc-local, from archives that tlxc-image exported', async (t) => {
  const world = await makeWorld(t);
  await world.sh(`echo 'lxc.net.0.type = empty' > seed; tlxc-create -n c1 -f seed -t busybox
    tlxc-image export busybox rootfs.tar.xz meta.tar.xz
    tlxc-create -n c2 -f seed -t ${TEMPLATES}/lxc-local -- -m $PWD/meta.tar.xz -f $PWD/rootfs.tar.xz
    tlxc-start -n c2`);
  t.is(await world.sh('tlxc-attach -n c2 -- hostname; tlxc-stop -k -n c2'), 'c2\n');
});

test('what a program drops is dropped from what the profile keeps', async (t) => {
  const world = await makeWorld(t);
  await world.sh(`cat > drops <<'END'
#!/bin/sh
for word; do case $word in --path=*) path=\${word#*=};; --rootfs=*) rootfs=\${word#*=};; esac; done
mkdir -p $rootfs/sbin; echo 'lxc.cap.drop = net_raw mac_admin' >> $path/config
END
    chmod +x drops; echo 'lxc.net.0.type = empty' > seed
    tlxc-create -n c1 -f seed --privileged -t $PWD/drops`);
  const kept = await world.sh(`tlxc-config explain -n c1 lxc.cap.keep`);
  t.regex(kept, /\bnet_admin\b/);
  t.notRegex(kept, /net_raw|mac_admin/);
});

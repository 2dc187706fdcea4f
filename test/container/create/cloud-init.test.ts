import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const test = requires('root', 'overlay');
const onLoop = requires('root', 'loop');

const CONFIG = "printf '#cloud-config\\npassword: secret\\n' >user-data";

/** A world with the archive of an image that has cloud-init, off, as those made for containers have it. */
async function withImage(t: Parameters<typeof makeWorld>[0]): Promise<World> {
  const world = await makeWorld(t);
  await world.furnish(
    `mkdir -p image/usr/bin image/etc/cloud image/var/lib image/sbin; touch image/usr/bin/cloud-init image/sbin/init image/etc/cloud/cloud-init.disabled
     chmod 755 image/usr/bin/cloud-init; echo image >image/etc/hostname; tar -cf image.tar -C image .; ${CONFIG}`,
  );
  return world;
}

const SEED = '/var/lib/cloud/seed/nocloud';
const told = (world: World, name: string, file: string): Promise<string> =>
  world.sh(`tlxc-file pull ${name}${SEED}/${file} -`);

async function identityIn(world: World, name: string): Promise<Record<string, string>> {
  const lines = (await told(world, name, 'meta-data')).trim().split('\n');
  return Object.fromEntries(lines.map((line) => line.replaceAll('"', '').split(': ') as [string, string]));
}

for (const backend of ['overlay', 'dir'])
  test(`-B ${backend}: cloud-init finds what it is told, on, and for its root alone`, async (t) => {
    const world = await withImage(t);
    await world.sh(
      `echo 'version: 2' | tlxc-create -q -n c1 -t local -B ${backend} --user-data user-data --network-config - -- -f image.tar`,
    );
    t.is(await told(world, 'c1', 'user-data'), '#cloud-config\npassword: secret\n');
    t.is(await told(world, 'c1', 'network-config'), 'version: 2\n');
    const { 'local-hostname': host, 'instance-id': instance } = await identityIn(world, 'c1');
    t.is(host, 'c1');
    t.regex(instance ?? '', /^tlxc-[0-9a-f]{16}$/);
    const off = await world.run('tlxc-file', 'pull', 'c1/etc/cloud/cloud-init.disabled', '-');
    t.regex(off.stderr, /cloud-init\.disabled/);
    t.is(off.code, 1, 'what the image turns it off by is gone');
    await world.sh('tlxc-file pull -r c1/var/lib/cloud/seed seen');
    t.is(await world.sh('stat -c %a seen/seed/nocloud seen/seed'), '700\n755\n');
    t.is(await world.sh('stat -c %a seen/seed/nocloud/user-data'), '600\n');
    t.is(await world.sh('tar -tf image.tar ./etc/cloud/cloud-init.disabled | wc -l'), '1\n');
  });

for (const backend of ['overlay', 'dir'])
  test(`-B ${backend}: where the image has such files, for everybody, they are root's`, async (t) => {
    const world = await withImage(t);
    await world.sh(`mkdir -p -m 755 image${SEED}; echo none > image${SEED}/user-data; chmod 644 image${SEED}/user-data
      tar -C image -cf image.tar .; tlxc-create -q -n c1 -t local -B ${backend} --user-data user-data -- -f image.tar
      tlxc-file pull -r c1${SEED} seen`);
    t.is(
      await world.sh('stat -c %a seen/nocloud seen/nocloud/user-data; cat seen/nocloud/user-data'),
      '755\n600\n#cloud-config\npassword: secret\n',
    );
  });

test('a copy is another instance, and may be told something else; a snapshot is the same', async (t) => {
  const world = await withImage(t);
  await world.sh(
    'echo "instance-id: mine" >meta; tlxc-create -q -n c1 -t local --user-data user-data --meta-data meta -- -f image.tar',
  );
  t.deepEqual(await identityIn(world, 'c1'), { 'instance-id': 'mine', 'local-hostname': 'c1' });
  await world.sh("tlxc-copy -n c1 -N c2; printf '#!/bin/sh\\n' | tlxc-copy -n c1 -N c3 -s --user-data -");
  const [second, third] = [await identityIn(world, 'c2'), await identityIn(world, 'c3')];
  t.is(second['local-hostname'], 'c2');
  t.is(third['local-hostname'], 'c3');
  t.is(new Set(['mine', second['instance-id'], third['instance-id']]).size, 3);
  t.is(await told(world, 'c2', 'user-data'), '#cloud-config\npassword: secret\n');
  t.is(await told(world, 'c3', 'user-data'), '#!/bin/sh\n');
  await world.sh(
    'tlxc-snapshot -n c2; tlxc-snapshot -n c2 -r snap0; tlxc-snapshot -n c2 -d snap0; tlxc-copy -n c2 -N c4 -R',
  );
  t.deepEqual(await identityIn(world, 'c4'), { ...second, 'local-hostname': 'c4' });
  const renamed = await world.run('tlxc-copy', '-n', 'c4', '-N', 'c5', '-R', '--user-data', 'user-data');
  t.regex(renamed.stderr, /-R changes only the name: --user-data goes with a copy/);
});

test('what cloud-init would never see is refused, and nothing is made', async (t) => {
  const world = await withImage(t);
  await world.sh('echo users: >plain; ln -s / image/var/lib/cloud; tar -cf linked.tar -C image .');
  const refusals: readonly (readonly [string, RegExp])[] = [
    [
      '-t busybox --user-data user-data',
      /no cloud-init in its root filesystem.*\n {2}hint: .*--variant cloud/,
    ],
    ['-t none --user-data user-data', /without a root filesystem/],
    [
      '-t local --user-data plain -- -f image.tar',
      /begin with "users:".*\n {2}hint: the first line is #cloud-config/,
    ],
    ['-t local --user-data nosuch -- -f image.tar', /nosuch: cannot be read: no such file/],
    ['-t local --user-data - --meta-data - -- -f image.tar', /cannot both be standard input/],
    ['-t local -B dir --user-data user-data -- -f linked.tar', /seed\/nocloud cannot be written/],
  ];
  for (const [words, expected] of refusals) {
    const { code, stderr } = await world.run('sh', '-c', `tlxc-create -n c1 ${words} </dev/null`);
    t.is(code, 1, words);
    t.regex(stderr, expected, words);
  }
  t.is(await world.sh('tlxc-ls -1; test -e /seed || echo none'), 'none\n');
});

test("a template program's container is told, too", async (t) => {
  const world = await withImage(t);
  await world.sh(
    `printf '#!/bin/sh\\nfor w; do case $w in --rootfs=*) cp -a ${world.dir}/image/. "\${w#*=}";; esac; done\\n' >template; chmod 755 template
     tlxc-create -q -n c1 -t ${world.dir}/template --user-data user-data`,
  );
  t.is(await told(world, 'c1', 'user-data'), '#cloud-config\npassword: secret\n');
  t.is((await identityIn(world, 'c1'))['local-hostname'], 'c1');
});

onLoop('a root filesystem that has to be mounted to be written', async (t) => {
  const world = await withImage(t);
  await world.sh(
    'tlxc-create -q -n c1 -t local -B loop --fssize 64 --user-data user-data -- -f image.tar; tlxc-copy -n c1 -N c2',
  );
  t.is(await told(world, 'c2', 'user-data'), '#cloud-config\npassword: secret\n');
  t.is((await identityIn(world, 'c2'))['local-hostname'], 'c2');
});

/** tlxc.device: devices that a container has from its start, with the groups that it knows them by. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox, type ContainerOptions } from '../../rig/containers.ts';
import { standIn, type StandIn } from '../../rig/dev.ts';
import { requires } from '../../rig/requires.ts';
import { makeUser } from '../../rig/user.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const tested = requires('root', 'userns', 'idmap', 'busybox');
const users = requires('root', 'userns', 'overlay', 'users', 'busybox');

/** Nothing but null, the terminals, and what is in /dev by itself. */
const LIST = [
  'lxc.cgroup2.devices.deny = a',
  ...['c *:* m', 'c 1:3 rwm', 'c 5:* rwm', 'c 136:* rwm'].map(
    (rule) => `lxc.cgroup2.devices.allow = ${rule}`,
  ),
];
const GPU: readonly StandIn[] = [
  { name: 'dri/card0', mode: '0660', group: 'video' },
  { name: 'dri/renderD128', mode: '0660', group: 'render' },
];
const RENDER = '/dev/dri/renderD128';

interface Guest extends ContainerOptions {
  /** Its /etc/group. */
  readonly groups?: string;
}

const rootfs = (world: World): string => join(world.lxcpath, 'c1/rootfs');

function addGuest(
  world: World,
  { groups = 'root:x:0:\nrender:x:105:\n', config = [], ...options }: Guest,
): void {
  addBusybox(world, 'c1', { ...options, config: [...LIST, ...config] });
  writeFileSync(join(rootfs(world), 'etc/group'), groups);
}

const inside = async (world: World, line: string): Promise<string> =>
  (await world.sh(`tlxc-attach -n c1 -- sh -c '${line}'`)).trim();

/** "660 0 105" of each. */
const ownersOf = (world: World, ...paths: readonly string[]): Promise<string> =>
  inside(world, `stat -c "%a %u %g" ${paths.join(' ')}`);

/** What a user of the container with this group can read of it. */
const readAs = (world: World, gid: number): Promise<string> =>
  world.sh(`tlxc-attach -n c1 -u 1000 -g ${gid} -- sh -c 'head -c 4 ${RENDER} 2>&1 | wc -c'`);

for (const privileged of [true, false]) {
  const kind = privileged ? 'a privileged' : 'an unprivileged';

  tested(`${kind} container's users have the GPU by the group of that name in it`, async (t) => {
    const world = await makeWorld(t);
    await standIn(t, world, GPU);
    addGuest(world, { privileged, config: ['tlxc.device = gpu'] });
    await world.sh('tlxc-start -n c1');
    t.is(await ownersOf(world, RENDER, '/dev/dri/card0'), '660 0 105\n660 0 0', 'it has no group video');
    t.is((await readAs(world, 105)).trim(), '4');
    t.regex(await inside(world, `(mknod /z c 1 8; head -c 4 /z) 2>&1; true`), /not permitted/);
    await inside(world, `chown 7:7 ${RENDER}; chmod 777 ${RENDER}`);
    t.is(await world.sh(`stat -c '%a %U %g' ${RENDER}`), '660 root 993\n', "the host's own stays as it is");
    await world.sh('tlxc-stop -r -n c1');
    t.is(await ownersOf(world, RENDER), '660 0 105', 'after a reboot too');
  });

  tested(`${kind} container: another place, mode and owner, and the last line of a place`, async (t) => {
    const world = await makeWorld(t);
    await standIn(t, world, GPU);
    const config = [
      'tlxc.device = gpu',
      `tlxc.device = ${RENDER} mode=0640 uid=3 gid=4`,
      `tlxc.device = ${RENDER} -> /srv/a/gpu mode=600`,
    ];
    addGuest(world, { privileged, config });
    await world.sh('tlxc-start -n c1');
    t.is(await ownersOf(world, RENDER, '/srv/a/gpu'), '640 3 4\n600 0 105');
    t.is(await inside(world, 'head -c 4 /srv/a/gpu | wc -c'), '4');
    await world.sh('tlxc-stop -k -n c1');
    t.is(await world.sh(`stat -c '%F' ${rootfs(world)}/srv/a/gpu`), 'regular empty file\n');
  });

  tested(`${kind} container with lxc.autodev = 0 keeps no node`, async (t) => {
    const world = await makeWorld(t);
    await standIn(t, world, GPU);
    addGuest(world, {
      privileged,
      config: ['lxc.autodev = 0', 'tlxc.device = /dev/null', 'tlxc.device = gpu'],
    });
    await world.sh('tlxc-start -n c1');
    t.is(await ownersOf(world, RENDER), '660 0 105');
    await world.sh('tlxc-stop -k -n c1');
    t.is(await world.sh(`find ${rootfs(world)}/dev -type c -o -type b`), '');
  });

  tested(`${kind} container: a node that is added while it runs has its group too`, async (t) => {
    const world = await makeWorld(t);
    await standIn(t, world, GPU);
    addGuest(world, { privileged });
    await world.sh(`tlxc-start -n c1; tlxc-device -n c1 add ${RENDER}; tlxc-device -n c1 add /dev/dri/card0`);
    t.is(await ownersOf(world, RENDER, '/dev/dri/card0'), '660 0 105\n660 0 0');
    t.is((await readAs(world, 105)).trim(), '4');
    t.not((await readAs(world, 106)).trim(), '4', 'nobody else');
  });
}

/** What a container could have in place of its /etc/group; a shell line below its etc. None keeps it from starting. */
const FORGED: readonly (readonly [what: string, line: string, gid: number])[] = [
  ['nothing', 'rm group', 0],
  ['a FIFO', 'rm group; mkfifo group', 0],
  ['a device that would be read for ever', 'rm group; mknod group c 1 5', 0],
  ['a directory', 'rm group; mkdir group', 0],
  ["a link to the host's", 'rm group; ln -s /proc/1/root/etc/group group', 0],
  ['a link to itself', 'rm group; ln -s group group', 0],
  ['a link that stays inside', 'mv group there; ln -s /etc/there group', 105],
  ['a file without end', 'rm group; truncate -s 4T group', 0],
  ['a line beyond what is read', '(head -c 2000000 /dev/zero; echo; cat group) >big; mv big group', 0],
  [
    'numbers that are none',
    'printf "render:x:4294967295:\\nrender:x:-1:\\nrender:x:1 2:\\nrender:x\\n" >group',
    0,
  ],
  ['a last line without an end', 'printf "a\\n\\n:::\\nrender:x:7:z" >group', 7],
];

for (const privileged of [true, false])
  tested(
    `what stands for /etc/group in ${privileged ? 'a privileged' : 'an unprivileged'} container is a stranger's`,
    async (t) => {
      const world = await makeWorld(t);
      await standIn(t, world, GPU);
      addGuest(world, { privileged, config: ['tlxc.device = gpu'] });
      const etc = join(rootfs(world), 'etc');
      const good = readFileSync(join(etc, 'group'));
      for (const [what, line, gid] of FORGED) {
        const done = spawnSync('sh', ['-ec', `rm -rf group; cat >group; ${line}`], { cwd: etc, input: good });
        t.is(done.status, 0, what);
        await world.sh('tlxc-start -n c1');
        t.is(await ownersOf(world, RENDER), `660 0 ${gid}`, `${what}, at its start`);
        await world.sh(`tlxc-device -n c1 add ${RENDER} /dev/again`);
        t.is(await ownersOf(world, '/dev/again'), `660 0 ${gid}`, `${what}, while it runs`);
        await world.sh('tlxc-stop -k -n c1');
      }
    },
  );

tested('a group that the container has no id for is as none', async (t) => {
  const world = await makeWorld(t);
  await standIn(t, world, GPU);
  addGuest(world, { groups: 'render:x:70000:\n', config: ['tlxc.device = gpu'] });
  await world.sh('tlxc-start -n c1');
  t.is(await ownersOf(world, RENDER), '660 0 0');
});

tested("what lxc.mount.entry brings of the host's own keeps its owner", async (t) => {
  const world = await makeWorld(t);
  await standIn(t, world, GPU);
  const entry = 'lxc.mount.entry = /dev/dri dev/dri none bind,create=dir';
  addGuest(world, { privileged: true, config: [entry, 'tlxc.device = gpu'] });
  await world.sh('tlxc-start -n c1');
  t.is(await world.sh(`stat -c '%a %g' ${RENDER}`), '660 993\n');
  t.is(await inside(world, `head -c 4 ${RENDER} | wc -c`), '4', 'and is in the list');
});

/** Of tlxc.device, with what is said. */
const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['gpu', /the host has no gpu \(\/dev\/dri, .*\)\n.*hint: .*"optional"/s],
  ['/dev/nowhere', /the host has no \/dev\/nowhere\n/],
  ['/etc/passwd', /\/etc\/passwd is no device\n.*hint: lxc\.mount\.entry/s],
  ['/dev/zero gid=70000', /the container has no gid 70000: no lxc\.idmap line maps it\n/],
];

tested('a device that the host lacks is told with its line, or may be lacking', async (t) => {
  const world = await makeWorld(t);
  await standIn(t, world, []);
  addGuest(world, {});
  const config = join(world.lxcpath, 'c1/config');
  const plain = readFileSync(config, 'utf8');
  const with_ = (...lines: readonly string[]): void =>
    writeFileSync(config, plain + lines.map((each) => `tlxc.device = ${each}\n`).join(''));
  for (const [value, said] of REFUSED) {
    with_(value);
    const { code, stderr } = await world.run('tlxc-start', '-n', 'c1');
    t.is(code, 1, value);
    t.regex(stderr, /lxc\/c1\/config:\d+/, value);
    t.regex(stderr, said, value);
  }
  with_('gpu optional', '/dev/nowhere optional');
  const { code, stderr } = await world.run('tlxc-start', '-n', 'c1');
  t.deepEqual([code, stderr], [0, '']);
});

users("a plain user's container has what is for everybody, and is told of the rest", async (t) => {
  const user = await makeUser(t);
  await standIn(t, user.world, [
    { name: 'dri/card0', mode: '0660', group: 'video' },
    { name: 'dri/renderD128', mode: '0666', group: 'render' },
    { name: 'kvm', mode: '0660', group: 'render' },
  ]);
  const with_ = (value: string): Promise<string> =>
    user.sh(
      `sed -i /tlxc.device/d ~/.local/share/tlxc/c1/config; echo 'tlxc.device = ${value}' >>~/.local/share/tlxc/c1/config`,
    );
  await user.sh("echo 'lxc.net.0.type = empty' >seed; tlxc-create -n c1 -f seed -t busybox");
  await with_('gpu');
  const { code, stderr } = await user.run('tlxc-start', '-n', 'c1');
  t.is(code, 0, stderr);
  t.regex(stderr, /config:\d+: \/dev\/dri\/card0 \(mode 0660\) is for its owner and group alone.*left out/);
  t.is(
    await user.sh(`tlxc-attach -n c1 -- sh -c 'ls /dev/dri; head -c 4 ${RENDER} | wc -c'`),
    'renderD128\n4\n',
  );
  await user.sh('tlxc-stop -k -n c1');
  await with_('kvm');
  const closed = await user.run('tlxc-start', '-n', 'c1');
  t.is(closed.code, 1);
  t.regex(
    closed.stderr,
    /config:\d+.*\/dev\/kvm \(mode 0660\) is for its owner and group alone.*hint: .*udev rule/s,
  );
});

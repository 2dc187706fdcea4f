import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import type { ExecutionContext } from 'ava';
import { join } from 'node:path';
import { addBusybox } from '../../rig/containers.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'overlay', 'busybox');

const read = (world: World, ...path: readonly string[]): string =>
  readFileSync(join(world.lxcpath, ...path), 'utf8');
const value = (world: World, name: string, key: string): string =>
  new RegExp(`^${key.replaceAll('.', '\\.')} = (.*)$`, 'm').exec(read(world, name, 'config'))?.[1] ?? '';

async function fails(
  t: ExecutionContext,
  world: World,
  words: readonly string[],
  reason: RegExp,
): Promise<void> {
  const { code, stderr } = await world.run('tlxc-copy', ...words);
  t.is(code, 1);
  t.regex(stderr, reason);
}

/** What a line of shell prints in the container, started without the bridge that its configuration names. */
async function inside(world: World, name: string, line: string): Promise<string> {
  return (
    await world.sh(
      `tlxc-start -n ${name} -s lxc.net.0.link= && tlxc-attach -n ${name} -- sh -c '${line}'; tlxc-stop -k -n ${name}`,
    )
  ).trim();
}

rooted(
  'a copy is another machine: name, addresses, ids, machine id; what was written in it is there',
  async (t) => {
    const world = await makeWorld(t);
    await world.sh(
      'tlxc-create -n u1 -t busybox -B dir && echo 0123456789abcdef0123456789abcdef > lxc/u1/rootfs/etc/machine-id',
    );
    writeFileSync(join(world.lxcpath, 'u1/rootfs/root/note'), 'kept\n');
    await world.sh('tlxc-copy -n u1 -N u2');
    t.is(value(world, 'u2', 'lxc.uts.name'), 'u2');
    t.is(value(world, 'u2', 'lxc.rootfs.path'), `dir:${join(world.lxcpath, 'u2/rootfs')}`);
    t.not(value(world, 'u2', 'lxc.idmap'), value(world, 'u1', 'lxc.idmap'));
    t.not(value(world, 'u2', 'lxc.net.0.hwaddr'), value(world, 'u1', 'lxc.net.0.hwaddr'));
    t.regex(read(world, 'u2/rootfs/etc/machine-id'), /^(?!0123456789abcdef)[0-9a-f]{32}\n$/);
    t.is(await inside(world, 'u2', 'cat /root/note; hostname'), 'kept\nu2');
    t.deepEqual(read(world, 'u1/config').includes('u2'), false);
  },
);

rooted(
  'an overlay container is copied with what it changed, on the same image, which outlives its source',
  async (t) => {
    const world = await makeWorld(t);
    await world.sh('tlxc-create -n u1 -t busybox -B overlay');
    t.is(await inside(world, 'u1', 'echo changed > /etc/motd; rm /etc/hosts; echo ok'), 'ok');
    await world.sh('tlxc-copy -n u1 -N u2 -s && tlxc-destroy -n u1');
    t.is(await inside(world, 'u2', 'cat /etc/motd; ls /etc/hosts 2>/dev/null; hostname'), 'changed\nu2');
  },
);

rooted('a snapshot of a directory lies over it: the source stays until the snapshot is gone', async (t) => {
  const world = await makeWorld(t);
  await world.sh('tlxc-create -n u1 -t busybox -B dir && tlxc-copy -n u1 -N u2 -s');
  t.regex(value(world, 'u2', 'lxc.rootfs.path'), /^overlay:.*\/u1\/rootfs:.*\/u2\/overlay\/delta$/);
  t.is(read(world, 'u1/lxc_snapshots'), `${world.lxcpath}\nu2\n`);
  t.is(await inside(world, 'u2', 'echo mine > /etc/motd; cat /etc/motd'), 'mine');
  t.false(existsSync(join(world.lxcpath, 'u1/rootfs/etc/motd')));
  const refused = await world.run('tlxc-destroy', '-n', 'u1');
  t.regex(refused.stderr, /u1 has clones\n {2}hint: destroy the clones first: u2/);
  await fails(t, world, ['-n', 'u1', '-N', 'u9', '-R'], /u1 has clones/);
  await world.sh('tlxc-destroy -n u2 && tlxc-destroy -n u1');
});

rooted('forwarded ports are kept, and it is said that only one of both can run', async (t) => {
  const world = await makeWorld(t);
  await world.sh(`printf '%s\\n' 'lxc.net.0.type = empty' 'tlxc.net.0.forward = tcp 127.0.0.1:8080 -> 80' > seed
    tlxc-create -n u1 -t busybox -f seed; tlxc-start -n u1`);
  const copied = await world.run('tlxc-copy', '-n', 'u1', '-N', 'u2', '-a');
  t.is(copied.code, 0);
  t.regex(copied.stderr, /warning: u2 forwards tcp 127\.0\.0\.1:8080 as u1 does: only one of them can run/);
  t.is(value(world, 'u2', 'tlxc.net.0.forward'), 'tcp 127.0.0.1:8080 -> 80');
  const { code, stderr } = await world.run('tlxc-start', '-n', 'u2');
  t.is(code, 1);
  t.regex(stderr, /address already in use\n.*u2\/config:\d+ .*\n {2}hint: the container u1 has this port/);
  const [, remedy = ''] = /to change that: (.*)/.exec(copied.stderr) ?? [];
  await world.sh(`${remedy}; tlxc-start -n u2; tlxc-stop -k -n u2; tlxc-stop -k -n u1`);
  await world.sh('tlxc-snapshot -n u1; tlxc-snapshot -n u2');
  const restored = (name: string) => world.run('tlxc-snapshot', '-n', name, '-r', 'snap0', '-N', `${name}b`);
  t.regex((await restored('u1')).stderr, /warning: u1b forwards tcp/);
  t.is((await restored('u2')).stderr, '');
});

rooted('a copy on write that was killed keeps nothing, whoever gets its name', async (t) => {
  const world = await makeWorld(t);
  await world.sh('tlxc-create -n u1 -t busybox -B dir && tlxc-copy -n u1 -N u2 -s && tlxc-copy -n u1 -N u3');
  const { lxcpath } = world;
  // As it leaves them: the note is there, and the copy is not in its place.
  renameSync(join(lxcpath, 'u2'), join(lxcpath, '.tlxc-staging-u2'));
  appendFileSync(join(lxcpath, 'u1/lxc_snapshots'), `${lxcpath}\nu3\n`);
  await world.sh('tlxc-copy -n u3 -N u4');
  t.is(read(world, 'u1/lxc_snapshots'), `${lxcpath}\nu3\n`);
  await world.sh('tlxc-destroy -n u1 && tlxc-start -n u3 -s lxc.net.0.link= && tlxc-stop -k -n u3');
});

for (const taken of ['tlxc-create -n u2 -t busybox -B dir', 'tlxc-import -N u2 u1.tar'])
  rooted(`nor where ${taken.split(' ')[0]} takes its name`, async (t) => {
    const world = await makeWorld(t);
    await world.sh(
      'tlxc-create -n u1 -t busybox -B dir && tlxc-copy -n u1 -N u2 -s && tlxc-export -n u1 u1.tar',
    );
    renameSync(join(world.lxcpath, 'u2'), join(world.lxcpath, '.tlxc-staging-u2'));
    await world.sh(taken);
    t.false(existsSync(join(world.lxcpath, 'u1/lxc_snapshots')));
  });

rooted('a renamed container keeps its ids and addresses, and starts', async (t) => {
  const world = await makeWorld(t);
  await world.sh('tlxc-create -n u1 -t busybox -B overlay');
  const keys = ['lxc.idmap', 'lxc.net.0.hwaddr'];
  const before = keys.map((key) => value(world, 'u1', key));
  t.is(await inside(world, 'u1', 'cat /etc/hostname'), 'u1');
  await world.sh('tlxc-copy -n u1 -N v1 -R');
  t.false(existsSync(join(world.lxcpath, 'u1')));
  t.deepEqual(
    keys.map((key) => value(world, 'v1', key)),
    before,
  );
  t.is(await inside(world, 'v1', 'hostname; cat /etc/hostname'), 'v1\nv1');
  // Its range is its own still: the next container gets another.
  await world.sh('tlxc-create -n u1 -t busybox -B overlay');
  t.not(value(world, 'u1', 'lxc.idmap'), before[0]);
});

rooted('a rename leaves a host name that was chosen, and files that are not the container’s', async (t) => {
  const world = await makeWorld(t);
  const elsewhere = join(world.dir, 'elsewhere');
  const hostname = (place: string): string => {
    mkdirSync(join(place, 'etc'), { recursive: true });
    writeFileSync(join(place, 'etc/hostname'), 'before\n');
    return join(place, 'etc/hostname');
  };
  const make = (name: string, ...lines: readonly string[]) => {
    mkdirSync(join(world.lxcpath, name));
    writeFileSync(join(world.lxcpath, name, 'config'), [...lines, ''].join('\n'));
  };
  make('w1', `lxc.rootfs.path = ${world.lxcpath}/w1/rootfs`, 'lxc.uts.name = mail');
  make('w2', `lxc.rootfs.path = ${elsewhere}`, 'lxc.uts.name = w2');
  const files = [hostname(join(world.lxcpath, 'w1/rootfs')), hostname(elsewhere)];
  await world.sh('tlxc-copy -n w1 -N x1 -R && tlxc-copy -n w2 -N x2 -R');
  t.is(value(world, 'x1', 'lxc.uts.name'), 'mail');
  t.is(value(world, 'x2', 'lxc.uts.name'), 'x2');
  const now = files.map((file) => readFileSync(file.replace('/w1/', '/x1/'), 'utf8'));
  t.deepEqual(now, ['before\n', 'before\n']);
});

rooted('a rename on a full disk, and of a container whose files are not to be had', async (t) => {
  const world = await makeWorld(t);
  t.teardown(() => world.sh('umount lxc 2>/dev/null || true'));
  await world.sh(
    'mount -t tmpfs -o size=16M,mode=711 tmpfs lxc; touch seed; tlxc-create -n u1 -f seed -t busybox -B dir',
  );
  await world.sh('dd if=/dev/zero of=lxc/filler bs=1K 2>/dev/null || true');
  const refused = await world.run('tlxc-copy', '-n', 'u1', '-N', 'v1', '-R');
  t.is(refused.code, 1);
  t.is(await world.sh('ls lxc'), 'filler\nu1\n');
  await world.sh('rm lxc/filler; tlxc-copy -n u1 -N u2');
  const ids = (name: string) => world.sh(`tlxc-info -n ${name} -c lxc.idmap`);
  t.not(await ids('u2'), await ids('u1'), 'its ids are its own still');
  // Nothing to mount: the files cannot be named, the container can.
  await world.sh(
    'rm -r lxc/u2/rootfs; sed -i s/dir:/loop:/ lxc/u2/config; head -c 64K /dev/zero > lxc/u2/rootfs',
  );
  const renamed = await world.run('tlxc-copy', '-n', 'u2', '-N', 'v2', '-R');
  t.is(renamed.code, 0, renamed.stderr);
  t.regex(
    renamed.stderr,
    /warning: its \/etc\/hostname may have the name u2 still: blkid finds no filesystem/,
  );
  t.is(await world.sh('tlxc-ls -1'), 'u1\nv2\n');
  await world.sh('tlxc-destroy -n u1 && tlxc-destroy -n v2');
  t.is(await world.sh('ls state/ranges'), '', 'all ids are given back');
});

rooted('a rename that was killed between its two steps is completed by the next start', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u2', { config: [`lxc.rootfs.path = dir:${join(world.lxcpath, 'u1/rootfs')}`] });
  const pending = read(world, 'u2/config').replaceAll('/u1/', '/u2/');
  writeFileSync(join(world.lxcpath, 'u2/config.renamed-to-u2'), pending);
  t.is(await inside(world, 'u2', 'echo up'), 'up');
  t.is(read(world, 'u2/config'), pending);
});

rooted(
  'a rename runs the clone hooks, one of the container’s own directory too, which may undo it',
  async (t) => {
    const world = await makeWorld(t);
    await world.sh('tlxc-create -n u1 -t busybox -B overlay');
    const seen = join(world.dir, 'seen');
    const script =
      `#!/bin/sh\necho "$*" "$LXC_SRC_NAME" "$LXC_NAME" >>${seen}\n[ -e ${world.dir}/stop ] && exit 3\n` +
      `echo hooked >"$LXC_ROOTFS_MOUNT/etc/motd"; echo 'lxc.environment = HOOK=1' >>"$LXC_CONFIG_FILE"\n`;
    writeFileSync(join(world.lxcpath, 'u1/hook'), script, { mode: 0o755 });
    await world.sh(`echo "lxc.hook.clone = $PWD/lxc/u1/hook" >>lxc/u1/config; touch stop`);
    const before = read(world, 'u1/config');
    await fails(t, world, ['-n', 'u1', '-N', 'v1', '-R'], /u1\/config:\d+: the clone hook .*hook failed/);
    t.deepEqual([read(world, 'u1/config'), readdirSync(world.lxcpath).includes('v1')], [before, false]);
    t.deepEqual(
      readdirSync(join(world.lxcpath, 'u1')).filter((name) => name.includes('renamed')),
      [],
    );
    await world.sh('rm stop; tlxc-copy -n u1 -N v1 -R; tlxc-copy -n v1 -N w1 -- x');
    t.is(readFileSync(seen, 'utf8'), 'v1 lxc clone u1 v1\nv1 lxc clone u1 v1\nw1 lxc clone x v1 w1\n');
    t.is(value(world, 'v1', 'lxc.hook.clone'), join(world.lxcpath, 'v1/hook'));
    t.is(await inside(world, 'v1', 'cat /etc/motd; echo $HOOK'), 'hooked\n1');
    t.is(await inside(world, 'w1', 'cat /etc/hostname'), 'w1');
  },
);

rooted('a rename that was killed before its second step leaves the old name its ids', async (t) => {
  const world = await makeWorld(t);
  await world.sh('tlxc-create -n u1 -t busybox -B dir');
  const [, first = ''] = /^u 0 (\d+)/.exec(value(world, 'u1', 'lxc.idmap')) ?? [];
  const record = join(world.dir, 'state/ranges', first);
  const dir = join(world.lxcpath, 'u1');
  // What it has done by then.
  writeFileSync(join(dir, 'config.renamed-to-v1'), read(world, 'u1/config').replaceAll('/u1/', '/v1/'));
  writeFileSync(record, JSON.stringify({ staging: dir, config: join(world.lxcpath, 'v1/config') }));
  await world.sh('tlxc-copy -n u1 -N u2');
  t.is((JSON.parse(readFileSync(record, 'utf8')) as { config: string }).config, join(dir, 'config'));
  t.not(value(world, 'u2', 'lxc.idmap'), value(world, 'u1', 'lxc.idmap'), 'the copy has ids of its own');
  await world.sh('tlxc-destroy -n u1 && tlxc-destroy -n u2');
  t.is(await world.sh('ls state/ranges'), '', 'all ids are given back');
});

rooted('what cannot be copied is refused, and nothing is left', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  await fails(t, world, ['-n', 'u1'], /You must provide a NEWNAME for the clone/);
  await fails(t, world, ['-n', 'u3', '-N', 'u4'], /u3: Container is not defined/);
  await fails(t, world, ['-n', 'u1', '-N', '../u4'], /is not a container name/);
  mkdirSync(join(world.lxcpath, 'u5'));
  await fails(t, world, ['-n', 'u1', '-N', 'u5'], /u5 exists already, and is no container: it has no config/);
  await world.sh('tlxc-start -n u1');
  await fails(
    t,
    world,
    ['-n', 'u1', '-N', 'u2'],
    /u1 is running\n {2}hint: .*tlxc-stop -n u1 first, or let it be frozen for so long \(-a\)/,
  );
  t.false(existsSync(join(world.lxcpath, 'u2')));
});

rooted(
  'clone hooks see the new root filesystem, get their arguments, and undo the copy when they fail',
  async (t) => {
    const world = await makeWorld(t);
    const seen = join(world.dir, 'seen');
    const script = join(world.dir, 'hook');
    writeFileSync(
      script,
      `#!/bin/sh\n[ "$4" = fail ] && { echo no luck >&2; exit 3; }\n` +
        `[ "$4" = path ] && { echo by its path > "\${LXC_ROOTFS_PATH##*:}/etc/motd"; exit; }\n` +
        `echo "$@" "$LXC_SRC_NAME" "$LXC_NAME" > ${seen}; cat "$LXC_ROOTFS_MOUNT/etc/motd" >> ${seen}\n` +
        `echo hooked > "$LXC_ROOTFS_MOUNT/etc/motd"\n`,
    );
    chmodSync(script, 0o755);
    await world.sh(
      `tlxc-create -n u1 -t busybox -B overlay && echo "lxc.hook.clone = ${script}" >> lxc/u1/config`,
    );
    t.is(await inside(world, 'u1', 'echo before > /etc/motd; echo ok'), 'ok');
    await world.sh('tlxc-copy -n u1 -N u2 -- one two');
    t.is(readFileSync(seen, 'utf8'), 'u2 lxc clone one two u1 u2\nbefore\n');
    t.is(await inside(world, 'u2', 'cat /etc/motd'), 'hooked');
    t.is(await inside(world, 'u1', 'cat /etc/motd'), 'before');
    t.false(existsSync(join(world.lxcpath, 'u2/rootfs')), 'where the hook found it mounted');
    await world.sh('tlxc-copy -n u1 -N u4 -B dir -- path && tlxc-copy -n u1 -N u5 -- path');
    for (const copy of ['u4/rootfs', 'u5/overlay/delta'])
      t.is(read(world, `${copy}/etc/motd`), 'by its path\n');
    await fails(
      t,
      world,
      ['-n', 'u1', '-N', 'u3', '--', 'fail'],
      /u1\/config:\d+: the clone hook .*hook failed: no luck/,
    );
    t.false(existsSync(join(world.lxcpath, 'u3')));
  },
);

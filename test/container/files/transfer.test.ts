/** tlxc-file: files and trees that go into containers and come out, whatever kind of container it is, running or not. */
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { addBusybox } from '../../rig/containers.ts';
import { requires } from '../../rig/requires.ts';
import { makeUser, type User } from '../../rig/user.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');
const layered = requires('root', 'userns', 'idmap', 'busybox', 'overlay');
const users = requires('root', 'userns', 'overlay', 'users', 'busybox');

type Kind = 'privileged' | 'idmapped' | 'shifted';

/** shifted: as LXC makes them, the files have the host's ids. */
async function addContainer(world: World, kind: Kind): Promise<void> {
  const map = ['lxc.idmap = u 0 1000000 65536', 'lxc.idmap = g 0 1000000 65536'];
  const config = ['lxc.environment = A=b', ...(kind === 'shifted' ? map : [])];
  addBusybox(world, 'c1', { privileged: kind !== 'idmapped', config });
  if (kind === 'shifted') await world.sh('chown -hR 1000000:1000000 lxc/c1/rootfs');
}

/** How files of the container look from inside, while it runs. */
const inside = (world: World, line: string): Promise<string> =>
  world.sh(`tlxc-attach -n c1 -- sh -c '${line}'`);

async function refused(
  t: ExecutionContext,
  world: World,
  words: readonly string[],
  why: RegExp,
): Promise<void> {
  const { code, stderr } = await world.run('tlxc-file', ...words);
  t.is(code, 1);
  t.regex(stderr, why);
}

/** A tree with all kinds of things in it that are copied. */
function makeTree(dir: string): void {
  mkdirSync(join(dir, 'sub/empty'), { recursive: true });
  writeFileSync(join(dir, 'sub/file'), 'in a tree\n', { mode: 0o640 });
  writeFileSync(join(dir, 'program'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(Buffer.from(`${dir}/caf\xe9`, 'latin1'), 'no UTF-8\n');
  symlinkSync('/etc/passwd', join(dir, 'link'));
  chmodSync(join(dir, 'sub'), 0o750);
  chownSync(join(dir, 'sub/file'), 33, 34);
}

const LIST = 'cd /srv/tree && find . | sort | while read f; do stat -c "%n %a %u:%g" "$f"; done';
const LISTED = `. 755 0:0
./caf\ufffd 644 0:0
./link 777 0:0
./program 755 0:0
./sub 750 0:0
./sub/empty 755 0:0
./sub/file 640 33:34
`;

for (const kind of ['privileged', 'idmapped', 'shifted'] as const) {
  for (const runs of [true, false]) {
    const state = runs ? 'running' : 'stopped';

    rooted(
      `a ${state} container (${kind}): files go in with owner and mode, and come out the caller's`,
      async (t) => {
        const world = await makeWorld(t);
        await addContainer(world, kind);
        if (runs) await world.sh('tlxc-start -n c1');
        writeFileSync(join(world.dir, 'mine'), 'hello\n', { mode: 0o640 });
        chownSync(join(world.dir, 'mine'), 1000, 1001);
        await world.sh(`tlxc-file push mine c1/etc/kept
          tlxc-file push --uid 5 --gid 6 --mode 4711 mine c1/etc/
          echo text | tlxc-file -n c1 push -p --uid 7 - /a/b/c`);
        makeTree(join(world.dir, 'tree'));
        await world.sh('tlxc-file push -rp tree c1/srv');
        if (!runs) await world.sh('tlxc-start -n c1');
        t.is(
          await inside(world, 'stat -c "%n %a %u:%g" /etc/kept /etc/mine /a /a/b/c; cat /etc/mine /a/b/c'),
          '/etc/kept 640 1000:1001\n/etc/mine 4711 5:6\n/a 755 7:0\n/a/b/c 644 7:0\nhello\ntext\n',
        );
        t.is(await inside(world, LIST), LISTED);
        await inside(
          world,
          'echo secret > /root/secret; chmod 4600 /root/secret; chown 5:5 /root/secret; ln -s secret /root/link',
        );
        if (!runs) await world.sh('tlxc-stop -n c1');
        await world.sh(
          'mkdir out; tlxc-file pull c1/root/secret c1/etc/mine out; tlxc-file -n c1 pull root/link named',
        );
        t.is(
          await world.sh('stat -c "%n %a %u:%g" out/secret named; cat out/secret; cat out/mine'),
          'out/secret 600 0:0\nnamed 600 0:0\nsecret\nhello\n',
        );
        t.is(await world.sh('tlxc-file pull c1/root/link -'), 'secret\n');
        await world.sh(
          'tlxc-file pull -r c1/srv/tree back && cd back/tree && test -x program && test -L link',
        );
        t.is(await world.sh('diff -r --no-dereference tree back/tree'), '');
      },
    );
  }
}

layered(
  'an overlay that is stopped: what lies below is read, and what is pushed goes into the layer above',
  async (t) => {
    const world = await makeWorld(t);
    addBusybox(world, 'base');
    await world.sh('tlxc-copy -s -n base -N c1');
    await world.sh('echo new > file; tlxc-file push file c1/etc/passwd; tlxc-file pull c1/etc/group group');
    t.is(
      readFileSync(join(world.dir, 'group'), 'utf8'),
      readFileSync(join(world.lxcpath, 'base/rootfs/etc/group'), 'utf8'),
    );
    t.regex(readFileSync(join(world.lxcpath, 'base/rootfs/etc/passwd'), 'utf8'), /^root/);
    t.is(readFileSync(join(world.lxcpath, 'c1/overlay/delta/etc/passwd'), 'utf8'), 'new\n');
    await world.sh('tlxc-start -n c1');
    t.is(await inside(world, 'cat /etc/passwd; stat -c %u /etc/passwd'), 'new\n0\n');
  },
);

users("a user's container, running and stopped", async (t) => {
  const user: User = await makeUser(t);
  await user.sh(`echo lxc.net.0.type = empty > seed; tlxc-create -n c1 -f seed -t busybox; echo mine > mine`);
  for (const line of [':', 'tlxc-start -n c1 2>/dev/null']) {
    await user.sh(line);
    await user.sh(
      'tlxc-file push --uid 0 --gid 0 --mode 600 mine c1/root/; tlxc-file pull c1/root/mine back; cmp mine back',
    );
    t.is(await user.sh('stat -c %U:%a back'), 'ann:600\n');
    const { stderr, code } = await user.run('tlxc-file', 'push', 'mine', 'c1/root/own');
    t.is(code, 0, stderr);
    await user.sh('tlxc-file pull -r c1/etc etc; test -f etc/etc/passwd; rm -r etc back');
  }
  t.is(
    await user.sh(`tlxc-attach -n c1 -- stat -c '%u:%g %a' /root/mine /root/own`),
    '0:0 600\n4711:4711 644\n',
  );
});

rooted('what cannot be copied is refused by name, with what to do', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  await world.sh('tlxc-start -n c1; mkfifo pipe; mkdir dir; touch file; chown 70000:70000 file');
  await refused(
    t,
    world,
    ['push', 'pipe', 'c1/tmp/'],
    /pipe is a device, pipe or socket, not a file\n {2}hint: /,
  );
  await refused(
    t,
    world,
    ['push', 'dir', 'c1/tmp/'],
    /dir is a directory\n {2}hint: a recursive copy \(-r\) takes it/,
  );
  await refused(t, world, ['push', 'none', 'c1/tmp/'], /there is no \S*none on the host\n/);
  await refused(
    t,
    world,
    ['push', 'file', 'c1/tmp/'],
    /cannot belong to 70000:70000: the container has no such ids\n {2}hint: .*--uid/,
  );
  const owned = ['push', '--uid', '0', '--gid', '0', 'file'];
  await refused(
    t,
    world,
    [...owned, 'c1/no/where/file'],
    /no directory \/no\/where\n {2}hint: make it, or let it be made \(-p\)/,
  );
  await refused(
    t,
    world,
    ['push', '--uid', '0', '--gid', '0', 'file', 'c1/no/where/'],
    /no directory \/no\/where\/\n {2}hint: make it, or let it be made \(-p\)/,
  );
  await refused(
    t,
    world,
    ['push', '--uid', '0', '--gid', '0', 'file', 'c1/dev/null'],
    /\/dev\/null is a device/,
  );
  await refused(t, world, ['pull', 'c1/dev/null', 'x'], /\/dev\/null is a device/);
  await refused(
    t,
    world,
    ['pull', 'c1/none', 'x'],
    /c1: there is no \/none in the container\n {2}hint: .*ls" shows/,
  );
  await refused(t, world, ['pull', 'c1/etc', 'x'], /\/etc is a directory\n {2}hint: a recursive copy \(-r\)/);
  await refused(t, world, ['pull', 'c1/etc/passwd', '/dev/null'], /\/dev\/null is a device/);
  await refused(t, world, ['pull', 'c2/etc/passwd', 'x'], /c2: Container is not defined/);
  await refused(t, world, ['pull', 'c1', 'x'], /'c1' names no file of a container\n {2}hint: .*NAME\/PATH/);
  await refused(
    t,
    world,
    ['pull', 'c1:/etc/passwd', 'x'],
    /names no file .*\n {2}hint: .*c1\/etc\/passwd, without/,
  );
  await refused(t, world, ['push', '--mode', '9', 'file', 'c1/'], /--mode: '9' is no mode/);
  await refused(t, world, ['frob'], /none of push, pull and edit/);
  t.is(await inside(world, 'ls -A /tmp'), '');
});

rooted('a file is edited: written back where it was changed, with owner and mode', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  await world.sh('tlxc-start -n c1');
  await inside(
    world,
    'echo one > /etc/conf; chown 5:6 /etc/conf; chmod 4640 /etc/conf; ln -s conf /etc/link',
  );
  const scratch = join(world.dir, 'scratch');
  mkdirSync(scratch);
  const edit = (editor: string, path = 'c1/etc/link') =>
    world.runWith({ env: { EDITOR: editor, TMPDIR: scratch } }, 'tlxc-file', 'edit', path);
  const edited = await edit(`sh -c 'ls ${scratch} >&2; echo two >> "$1"; chmod 600 "$1"' -`);
  t.is(edited.code, 0);
  t.regex(edited.stderr, /^tlxc-edit-/m);
  t.is(
    await inside(world, 'cat /etc/conf; stat -c "%a %u:%g" /etc/conf; readlink /etc/link'),
    'one\ntwo\n4640 5:6\nconf\n',
  );
  const inode = await inside(world, 'stat -c %i /etc/conf');
  t.regex((await edit('true')).stderr, /left as it is/);
  const failed = await edit('false');
  t.is(failed.code, 1);
  t.regex(failed.stderr, /the editor false failed \(exit status 1\): nothing was changed/);
  t.is(await inside(world, 'stat -c %i /etc/conf'), inode);
  t.is((await edit('true', 'c1/none')).code, 1);
  t.deepEqual(readdirSync(scratch), []);
});

rooted(
  'a stream takes over mode and owner of what it replaces, but no setuid bit to another owner',
  async (t) => {
    const world = await makeWorld(t);
    addBusybox(world, 'c1');
    await world.sh('tlxc-start -n c1');
    await inside(world, 'cd /root; for f in a b c d; do touch $f; chown 5:6 $f; chmod 6755 $f; done');
    await world.sh(`echo new | tlxc-file push - c1/root/a; echo new | tlxc-file push --uid 0 - c1/root/b
    echo new | tlxc-file push --gid 0 - c1/root/c; echo new | tlxc-file push --uid 5 --gid 6 - c1/root/d`);
    t.is(
      await inside(world, 'cd /root; stat -c "%n %a %u:%g" a b c d; cat a b'),
      'a 6755 5:6\nb 755 0:6\nc 755 5:0\nd 6755 5:6\nnew\nnew\n',
    );
  },
);

rooted('a reader that has enough ends it as it ends cat', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  await world.sh('dd if=/dev/zero of=lxc/c1/rootfs/tmp/long bs=1M count=8 status=none');
  const line = 'tlxc-file pull c1/tmp/long - | head -c 1 | wc -c; exit ${PIPESTATUS[0]}';
  const { code, stdout, stderr } = await world.run('bash', '-c', line);
  t.deepEqual([code, stdout, stderr], [141, '1\n', '']);
});

rooted('a large sparse file stays sparse, and a stream has no end of its own', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  await world.sh(`tlxc-start -n c1; truncate -s 5G sparse; printf end >> sparse
    printf middle | dd of=sparse bs=1M seek=4500 conv=notrunc status=none
    tlxc-file push sparse c1/root/; tlxc-file pull c1/root/sparse back`);
  const look = 'stat -c %s back; tail -c 3 back; dd if=back bs=1M skip=4500 count=1 status=none | head -c 6';
  t.is(
    await world.sh(look),
    `${5 * 2 ** 30 + 3}
endmiddle`,
  );
  t.true(Number(await world.sh('stat -c %b back')) < 1024);
  t.true(Number(await inside(world, 'stat -c %b /root/sparse')) < 1024);
  const said = await world.sh(`head -c 40000000 /dev/urandom > noise
    tlxc-file push - c1/root/noise < noise; tlxc-file pull c1/root/noise - | cmp - noise && echo same`);
  t.is(said, 'same\n');
});

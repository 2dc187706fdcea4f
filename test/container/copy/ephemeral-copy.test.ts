import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox } from '../../rig/containers.ts';
import { eventually } from '../../rig/eventually.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'overlay', 'busybox');

/** Whatever lies in the store; an empty .trash is nothing. */
const containers = (world: World): readonly string[] =>
  readdirSync(world.lxcpath)
    .filter((name) => name !== '.trash' || readdirSync(join(world.lxcpath, name)).length > 0)
    .sort();
const config = (world: World, name: string): string =>
  readFileSync(join(world.lxcpath, name, 'config'), 'utf8');

rooted('-e: a copy under a name of its own runs, and is gone when it stops', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1', { config: ['tlxc.restart = always', 'tlxc.restart.delay = 1'] });
  const [, name = ''] = /^Created (u1_\w{6}) as clone of u1\n$/.exec(await world.sh('tlxc-copy u1 -e')) ?? [];
  t.regex(config(world, name), /^lxc\.ephemeral = 1$/m);
  t.is(await world.sh(`tlxc-attach ${name} -- sh -c 'echo x > /etc/new; hostname'`), `${name}\n`);
  t.regex((await world.run('tlxc-destroy', 'u1')).stderr, /u1 has clones/);
  await world.sh(`tlxc-stop -k ${name}`);
  t.deepEqual(containers(world), ['u1']);
  t.false(existsSync(join(world.lxcpath, 'u1/rootfs/etc/new')));
  t.false(existsSync(join(world.lxcpath, 'u1/lxc_snapshots')));
});

rooted('-D keeps it, -N names it', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  t.is(await world.sh('tlxc-copy u1 -e -D -N u2'), 'Created u2 as clone of u1\n');
  await world.sh('tlxc-stop -k u2');
  t.deepEqual(containers(world), ['u1', 'u2']);
  t.notRegex(config(world, 'u2'), /ephemeral/);
});

rooted('a command runs in it, its exit status is returned, and nothing is left', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const { code, stdout } = await world.run('sh', '-c', `tlxc-copy u1 -e -N u2 -- sh -c 'hostname; exit 3'`);
  t.deepEqual([code, stdout], [3, 'Created u2 as clone of u1\nu2\n']);
  const inFront = await world.run('sh', '-c', `tlxc-copy u1 -e -F -N u3 -- /bin/sh -c 'echo hi; exit 4'`);
  t.is(inFront.code, 4);
  t.regex(inFront.stdout, /^Created u3 as clone of u1\nhi\r\n$/);
  t.is(await world.sh('tlxc-copy u1 -q -e -F -d -N u4; tlxc-ls --running -1; tlxc-stop -k u4'), 'u4\n');
  t.deepEqual(containers(world), ['u1']);
});

rooted('-m shows directories and files of the host in it', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  mkdirSync(join(world.dir, 'a b'));
  writeFileSync(join(world.dir, 'a b/file'), 'text\n');
  const mounts = `-m 'bind=a b:/mnt/one:ro,bind=${world.dir}/a b/file:/etc/two' -m 'bind=a b'`;
  const command = `cat /mnt/one/file /etc/two "${world.dir}/a b/file"; touch /mnt/one/x 2>&1`;
  const { stdout } = await world.run('sh', '-c', `tlxc-copy u1 -e ${mounts} -- sh -c '${command}'`);
  t.regex(stdout, /\ntext\ntext\ntext\n.*Read-only file system\n$/);
});

rooted('-t: what it changes is never on disk, and lost by a restart', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const said = await world.sh('tlxc-copy u1 -e -t -N u2');
  t.regex(said, /^Created u2 as clone of u1\n.*a reboot loses it\n$/);
  await world.sh(`tlxc-attach u2 -- sh -c 'echo x > /etc/new'`);
  t.is(await world.sh('tlxc-attach u2 -- sh -c "cat /etc/new; hostname"'), 'x\nu2\n');
  t.is(await world.sh(`find ${world.lxcpath} -name new`), '');
  await world.sh('tlxc-stop -r u2');
  t.regex((await world.run('tlxc-attach', 'u2', '--', 'ls', '/etc/new')).stderr, /No such file/);
  await world.sh(`tlxc-stop -k u2`);
  t.deepEqual(containers(world), ['u1']);
});

rooted('-m overlay: the copy changes a directory of the host for itself alone', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1', { privileged: true });
  mkdirSync(join(world.dir, 'a b'));
  writeFileSync(join(world.dir, 'a b/file'), 'text\n');
  const command = 'echo more >> /mnt/file; cat /mnt/file; touch /mnt/new';
  const { stdout } = await world.run(
    ...['sh', '-c', `tlxc-copy u1 -e -m "overlay=a b:/mnt" -- sh -c '${command}'`],
  );
  t.regex(stdout, /\ntext\nmore\n$/);
  t.is(await world.sh('cat "a b"/*'), 'text\n');
  t.deepEqual(containers(world), ['u1']);
});

rooted('-a copies one that runs; without it that is refused', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  await world.sh('tlxc-start u1');
  t.regex((await world.run('tlxc-copy', 'u1', '-e')).stderr, /u1 is running/);
  await world.sh('tlxc-copy u1 -e -a -N u2 && tlxc-copy u1 -s -a -N u3');
  t.is(await world.sh('tlxc-attach u2 -- hostname'), 'u2\n');
  t.deepEqual(containers(world), ['u1', 'u2', 'u3']);
});

rooted('what cannot be is refused, and nothing is left', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1', { config: ['lxc.hook.pre-start = /bin/false'] });
  const fails = async (words: string, reason: RegExp): Promise<void> => {
    const { code, stderr } = await world.run('sh', '-c', `tlxc-copy u1 ${words}`);
    t.is(code, 1, words);
    t.regex(stderr, reason);
    t.deepEqual(containers(world), ['u1'], words);
  };
  await fails('-e', /pre-start/);
  await fails('-e -R -N u2', /-e and -R are two tasks/);
  await fails('-D -N u2', /--keepdata goes with -e/);
  await fails('-m bind=/tmp -N u2', /--mount goes with -e/);
  await fails('-a -R -N u2', /-a goes with a copy/);
  await fails('-e -t -D', /-t and -D exclude each other/);
  await fails('-t -N u2', /--tmpfs goes with -e/);
  await fails('-e -m overlay=/tmp', /an overlay over a directory of the host needs a privileged container/);
  await fails('-e -m overlay=/etc/passwd', /passwd is no directory/);
  await fails('-e -m bind=/nowhere', /there is no \/nowhere on the host/);
  await fails('-e -m tmpfs=/tmp', /is no mount\n {2}hint: write bind=SOURCE/);
  await fails('-e -B dir', /a directory cannot be a snapshot/);
  await fails(
    '-N u2 -L 1G',
    /backing store dir cannot be kept to a size: .* has no project quotas[^]*or take loop \(-B\)/,
  );
});

rooted('how to start goes with -e: elsewhere it is warned of, as scripts for LXC give it', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const copied = await world.run('tlxc-copy', '-n', 'u1', '-N', 'u2', '-F');
  t.is(copied.code, 0, copied.stderr);
  t.regex(copied.stderr, /warning: --foreground goes with -e: nothing is started/);
  const renamed = await world.run('tlxc-copy', '-n', 'u2', '-N', 'u3', '-R', '-d');
  t.is(renamed.code, 0, renamed.stderr);
  t.regex(renamed.stderr, /warning: --daemon goes with -e/);
  t.deepEqual(containers(world), ['u1', 'u3']);
  t.is(await world.sh('tlxc-ls --running'), '');
});

rooted('many at once: none is left, and the source is free of them', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const one = 'tlxc-copy u1 -e -- true';
  await world.sh(
    `for i in 1 2 3 4 5 6 7 8; do ${one} & pids="$pids $!"; done; for p in $pids; do wait $p || exit; done`,
  );
  t.deepEqual(containers(world), ['u1']);
  await world.sh('tlxc-destroy u1');
});

rooted('killed before the start it goes with the next command, and not before', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  // Who cannot tell the name of the copy goes no further: it is there, and not started.
  await world.sh(
    'mkfifo full; exec 3<>full; dd if=/dev/zero bs=4096 count=16 >&3 2>/dev/null; sleep 60 3>&3 > /dev/null 2>&1 & echo $! > keeper',
  );
  const pid = (await world.sh('tlxc-copy u1 -e -N u2 > full 2> said & echo $!')).trim();
  await eventually(30, () => Promise.resolve(existsSync(join(world.lxcpath, 'u2/config')) || undefined));
  await world.sh('tlxc-copy u1 -N u3');
  t.deepEqual(containers(world), ['u1', 'u2', 'u3']);
  await world.sh(`kill -9 ${pid}; kill $(cat keeper)`);
  t.is(await world.sh('tlxc-info -n u2 -sH'), 'STOPPED\n');
  await world.sh('tlxc-destroy u3');
  t.deepEqual(containers(world), ['u1']);
  await world.sh('tlxc-destroy u1');
});

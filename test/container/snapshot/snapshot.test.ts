import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'overlay', 'busybox');

const read = (world: World, ...path: readonly string[]): string =>
  readFileSync(join(world.lxcpath, ...path), 'utf8');
const value = (world: World, name: string, key: string): string =>
  new RegExp(`^${key.replaceAll('.', '\\.')} = (.*)$`, 'm').exec(read(world, name, 'config'))?.[1] ?? '';
const hidden = (world: World, ...path: readonly string[]): readonly string[] =>
  readdirSync(join(world.lxcpath, ...path)).filter(
    (name) =>
      name.startsWith('.') && (name !== '.trash' || readdirSync(join(world.lxcpath, name)).length > 0),
  );

/** What a line of shell prints in the container, started without the bridge that its configuration names. */
async function inside(world: World, name: string, line: string): Promise<string> {
  const shell = `tlxc-attach -n ${name} -- sh -c '${line}'; tlxc-stop -k -n ${name}`;
  return (await world.sh(`tlxc-start -n ${name} -s lxc.net.0.link= && ${shell}`)).trim();
}

const KEPT = ['lxc.uts.name', 'lxc.net.0.hwaddr', 'lxc.idmap'];
const STORAGE = [
  ['dir', 'rootfs'],
  ['overlay', 'overlay/delta'],
] as const;

for (const [backend, place] of STORAGE) {
  rooted(`${backend}: what a container was, it is again, with its name, addresses and ids`, async (t) => {
    const world = await makeWorld(t);
    const id = '0123456789abcdef0123456789abcdef\n';
    await world.sh(`tlxc-create -n u1 -t busybox -B ${backend}`);
    const etc = join(world.lxcpath, 'u1', place, 'etc');
    mkdirSync(etc, { recursive: true });
    writeFileSync(join(etc, 'machine-id'), id);
    const kept = KEPT.map((key) => value(world, 'u1', key));
    t.is(await inside(world, 'u1', 'echo old > /etc/motd; echo ok'), 'ok');
    t.deepEqual(
      await world.run('tlxc-snapshot', 'u1').then(({ code, stdout, stderr }) => [code, stdout + stderr]),
      [0, ''],
    );
    t.is(await inside(world, 'u1', 'echo new > /etc/motd; touch /etc/more; echo ok'), 'ok');
    await world.sh('tlxc-snapshot -n u1 -r snap0');
    t.is(await inside(world, 'u1', 'cat /etc/motd; ls /etc/more 2>/dev/null; hostname'), 'old\nu1');
    t.deepEqual(
      KEPT.map((key) => value(world, 'u1', key)),
      kept,
    );
    t.is(readFileSync(join(etc, 'machine-id'), 'utf8'), id);
    t.deepEqual(hidden(world, 'u1'), []);
    t.deepEqual(hidden(world), []);
  });

  rooted(`${backend}: a snapshot under a new name is another machine`, async (t) => {
    const world = await makeWorld(t);
    await world.sh(`tlxc-create -n u1 -t busybox -B ${backend}`);
    t.is(await inside(world, 'u1', 'echo old > /etc/motd; echo ok'), 'ok');
    await world.sh('tlxc-snapshot u1 && tlxc-snapshot u1 -r snap0 u2 && tlxc-destroy -s u1');
    for (const key of KEPT) t.regex(value(world, 'u2', key), /./);
    t.is(await inside(world, 'u2', 'cat /etc/motd; hostname'), 'old\nu2');
    await world.sh('tlxc-create -n u3 -t busybox');
    t.not(value(world, 'u3', 'lxc.idmap'), value(world, 'u2', 'lxc.idmap'));
  });
}

rooted('the list, with comments and as JSON; destroying one, and all', async (t) => {
  const world = await makeWorld(t);
  await world.sh('tlxc-create -n u1 -t busybox -B overlay');
  t.is(await world.sh('tlxc-snapshot -L u1'), 'No snapshots\n');
  await world.sh(
    `printf 'before the\\nupgrade \\033[31m\\n' > why && tlxc-snapshot u1 && tlxc-snapshot u1 -c why`,
  );
  const line = (n: number): string =>
    `snap${n} \\(${world.lxcpath}/u1/snaps\\) \\d{4}(:\\d\\d){2} \\d\\d(:\\d\\d){2}\n`;
  t.regex(await world.sh('tlxc-snapshot -L u1'), new RegExp(`^${line(0)}${line(1)}$`));
  t.regex(
    await world.sh('tlxc-snapshot -LC u1'),
    new RegExp(`^${line(0)}${line(1)}before the\nupgrade \\\\x1b\\[31m\n$`),
  );
  const [, second] = JSON.parse(await world.sh('tlxc-snapshot -L --json u1')) as Record<string, string>[];
  t.is(second?.['name'], 'snap1');
  t.is(second?.['comment'], 'before the\nupgrade \x1b[31m\n');
  await world.sh('tlxc-snapshot u1 -d snap0 && tlxc-snapshot u1 && tlxc-snapshot u1');
  t.deepEqual(readdirSync(join(world.lxcpath, 'u1/snaps')), ['snap0', 'snap1', 'snap2']);
  await world.sh('tlxc-snapshot u1 -d ALL');
  t.false(existsSync(join(world.lxcpath, 'u1/snaps')));
  t.deepEqual(hidden(world), []);
  t.is((await world.run('tlxc-snapshot', 'u1', '-d', 'ALL')).code, 1);
});

rooted('what cannot be is refused in words, and changes nothing', async (t) => {
  const world = await makeWorld(t);
  await world.sh('tlxc-create -n u1 -t busybox -B overlay && tlxc-snapshot u1');
  const fails = async (words: string, reason: RegExp): Promise<void> => {
    const { code, stderr } = await world.run('sh', '-c', words);
    t.is(code, 1, words);
    t.regex(stderr, reason);
  };
  await fails('tlxc-snapshot u9', /u9: Container is not defined/);
  await fails('tlxc-snapshot u1 -r snap7', /there is no snapshot "snap7"\n {2}hint: there are snap0/);
  await fails('tlxc-snapshot u1 -d ../../u1', /there is no snapshot/);
  await fails('tlxc-snapshot u1 -L -d snap0', /--list and --destroy are two tasks/);
  await fails('tlxc-snapshot u1 -C', /--showcomments goes with --list/);
  await fails('tlxc-snapshot u1 -c ./nowhere', /comment file .*nowhere cannot be read: no such file/i);
  await fails('tlxc-destroy u1', /Destroying u1 failed: u1 has snapshots/);
  await fails('tlxc-copy u1 -N u2 -R', /u1 has snapshots/);
  await world.sh('tlxc-start u1 -s lxc.net.0.link=');
  await fails('tlxc-snapshot u1 -r snap0', /u1 is running/);
  t.deepEqual(hidden(world, 'u1'), []);
  t.deepEqual(readdirSync(join(world.lxcpath, 'u1/snaps')), ['snap0']);
});

rooted(
  'what scripts give LXC, which passes over it, takes a snapshot: words as a comment, a name',
  async (t) => {
    const world = await makeWorld(t);
    await world.sh('tlxc-create -n u1 -t busybox -B overlay');
    const words = await world.run('tlxc-snapshot', '-n', 'u1', '-c', 'before the upgrade');
    t.is(words.code, 0, words.stderr);
    t.regex(words.stderr, /warning: there is no file "before the upgrade": these words are the comment/);
    const named = await world.run('tlxc-snapshot', '-n', 'u1', '-N', 'monday');
    t.is(named.code, 0, named.stderr);
    t.regex(named.stderr, /warning: -N names what --restore makes: the snapshot is called snap1/);
    t.regex(await world.sh('tlxc-snapshot -LC u1'), /^snap0 .*\nbefore the upgrade\nsnap1 .*\n$/);
  },
);

rooted('whom a container lies over is known of its snapshots, and of what is made of them', async (t) => {
  const world = await makeWorld(t);
  await world.sh('tlxc-create -n u1 -t busybox -B dir && tlxc-copy u1 -s -N u2 && tlxc-snapshot u2');
  const snaps = `${world.lxcpath}/u2/snaps\nsnap0\n`;
  t.is(read(world, 'u1/lxc_snapshots'), `${world.lxcpath}\nu2\n${snaps}`);
  t.is(read(world, 'u2/snaps/snap0/lxc_rdepends'), `${world.lxcpath}\nu1\n`);
  await world.sh('tlxc-snapshot u2 -r snap0 -N u3 && tlxc-copy u2 -N u4 && tlxc-destroy -s u2');
  t.is(read(world, 'u1/lxc_snapshots'), `${world.lxcpath}\nu3\n${world.lxcpath}\nu4\n`);
  t.regex(
    (await world.run('tlxc-destroy', 'u1')).stderr,
    /u1 has clones\n {2}hint: destroy the clones first: u3, u4/,
  );
  await world.sh('tlxc-destroy u3 && tlxc-destroy u4 && tlxc-destroy u1');
});

for (const [backend] of STORAGE) {
  rooted(
    `${backend}: the files that a container added, changed and removed, between any two states`,
    async (t) => {
      const world = await makeWorld(t);
      await world.sh(`tlxc-create -n u1 -t busybox -B ${backend} && tlxc-snapshot u1`);
      const change =
        'echo x > /etc/new; echo y >> /etc/passwd; rm /etc/group; mkdir /srv; ln -s /etc/new /srv/l; echo ok';
      t.is(await inside(world, 'u1', change), 'ok');
      const expected = ['D /etc/group', 'A /etc/new', 'M /etc/passwd', 'A /srv', 'A /srv/l'];
      const diff = async (...words: readonly string[]): Promise<readonly string[]> =>
        (await world.sh(`tlxc-snapshot u1 --diff ${words.join(' ')}`)).trim().split('\n');
      // What busybox's own start leaves is the same in all.
      const ofEtc = (lines: readonly string[]): readonly string[] =>
        lines.filter((line) => / \/(etc|srv)/.test(line) && !/\/etc$/.test(line));
      t.deepEqual(ofEtc(await diff('snap0')), expected);
      await world.sh('tlxc-snapshot u1');
      t.deepEqual(ofEtc(await diff('snap0', 'snap1')), expected);
      t.deepEqual(await diff('snap1'), ['']);
      const [first] = JSON.parse((await diff('snap1', 'snap0', '--json')).join('\n')) as {
        what: string;
        path: string;
      }[];
      t.deepEqual(first, { what: 'added', path: '/etc/group' });
      await world.sh('tlxc-start u1 -s lxc.net.0.link= && tlxc-attach u1 -- touch "/etc/a\x1b[31m"');
      t.true((await diff('snap1')).includes('A /etc/a\\x1b[31m'));
      t.regex(
        (await world.run('tlxc-snapshot', 'u1', '--diff', 'snap7')).stderr,
        /there is no snapshot "snap7"/,
      );
    },
  );
}

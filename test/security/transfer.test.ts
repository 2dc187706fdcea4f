/** What a container may plant in the way of files that go in and come out: TLXC_TEST_RACE_COPIES copies (20) against a racer. */
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { nativeFile } from '../../src/package-root.ts';
import { addBusybox } from '../rig/containers.ts';
import { eventually } from '../rig/eventually.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';
import { attackProgram } from './attacks.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');

const COPIES = Number(process.env['TLXC_TEST_RACE_COPIES'] ?? 20);

interface Prey {
  readonly world: World;
  readonly rootfs: string;
  /** A directory of the host's with a file in it. */
  readonly victim: string;
}

async function makePrey(t: ExecutionContext, privileged: boolean, runs: boolean): Promise<Prey> {
  const world = await makeWorld(t);
  const victim = join(world.dir, 'victim');
  await world.sh('mkdir -m 777 victim; echo canary > victim/file; chmod 666 victim/file');
  addBusybox(world, 'c1', { privileged });
  if (runs) await world.sh('tlxc-start -n c1');
  return { world, victim, rootfs: join(world.lxcpath, 'c1/rootfs') };
}

/** The host's directory is what it was. */
function isUntouched(t: ExecutionContext, victim: string): void {
  t.deepEqual(readdirSync(victim), ['file']);
  t.is(readFileSync(join(victim, 'file'), 'utf8'), 'canary\n');
}

for (const privileged of [true, false]) {
  for (const runs of [true, false]) {
    const kind = `${privileged ? 'privileged' : 'unprivileged'}, ${runs ? 'running' : 'stopped'}`;

    rooted(`${kind}: links that lead to the host lead to the same place inside`, async (t) => {
      const { world, rootfs, victim } = await makePrey(t, privileged, runs);
      const up = '../'.repeat(30);
      symlinkSync(victim, join(rootfs, 'absolute'));
      symlinkSync(`${up}${victim}`, join(rootfs, 'climbing'));
      symlinkSync(`/proc/1/root${victim}`, join(rootfs, 'magic'));
      symlinkSync(`${victim}/file`, join(rootfs, 'file'));
      await world.sh('echo attack > mine');
      for (const link of ['absolute', 'climbing', 'magic', `${up}${victim}`]) {
        const pushed = await world.run('tlxc-file', 'push', 'mine', `c1/${link}/file`);
        t.is(pushed.code, 1, link);
        t.is((await world.run('tlxc-file', 'pull', `c1/${link}/file`, 'out')).code, 1, link);
      }
      t.is((await world.run('tlxc-file', 'pull', 'c1/file', 'out')).code, 1);
      t.is((await world.run('tlxc-file', 'push', '-r', 'victim', 'c1/absolute/')).code, 1);
      t.false(existsSync(join(world.dir, 'out')));
      // The place that the link names exists inside, too.
      mkdirSync(join(rootfs, victim), { recursive: true });
      writeFileSync(join(rootfs, victim, 'file'), 'inside\n');
      t.is(await world.sh('tlxc-file pull c1/file -; tlxc-file pull c1/climbing/file -'), 'inside\ninside\n');
      t.is(await world.sh('tlxc-file push mine c1/file && tlxc-file pull c1/absolute/file -'), 'attack\n');
      isUntouched(t, victim);
    });
  }

  const kind = privileged ? 'privileged' : 'unprivileged';

  rooted(`${kind}: a directory that is a link now and then leads no copy out`, async (t) => {
    const { world, rootfs, victim } = await makePrey(t, privileged, true);
    await world.sh(`mkdir -p tree/sub ${rootfs}/srv/tree/sub ${rootfs}/srv/dir; chmod 777 ${rootfs}/srv/dir
      for i in 1 2 3 4 5 6 7 8; do echo mine > tree/sub/new$i; done
      echo inside > ${rootfs}/srv/dir/file; echo inside > ${rootfs}/srv/tree/sub/file`);
    symlinkSync(victim, join(rootfs, 'srv/link'));
    symlinkSync(victim, join(rootfs, 'srv/tree/link'));
    const places = ['srv/dir', 'srv/link', 'srv/tree/sub', 'srv/tree/link'].map((path) => join(rootfs, path));
    const racer = world.spawn(attackProgram('exchange'), ...places);
    const ended = once(racer, 'exit');
    const copies = `for i in $(seq ${COPIES}); do
      tlxc-file push tree/sub/new1 c1/srv/dir/new; tlxc-file push -r tree c1/srv/
      tlxc-file pull c1/srv/dir/file out; tlxc-file pull -r c1/srv/tree back
    done 2>/dev/null; cat out; find back -type f -name file -exec cat {} + | sort -u`;
    const said = await world.sh(copies);
    racer.stdin.end('enough');
    await ended;
    t.regex(said, /^(inside\n)*$/);
    isUntouched(t, victim);
  });
}

rooted(
  'pipes and devices are opened by no pull, and what is mounted below is left out by name',
  async (t) => {
    const { world } = await makePrey(t, true, true);
    await world.sh(`tlxc-attach -n c1 -- sh -c 'mkdir -p /srv/t/m; mkfifo /srv/t/pipe; echo x > /srv/t/file; mount -t tmpfs t /srv/t/m'
    tlxc-attach -n c1 -- sh -c 'mknod /srv/t/zero c 1 5 || true'`);
    const pulled = await world.run('tlxc-file', 'pull', '-r', 'c1/srv/t', 'out');
    t.is(pulled.code, 0, pulled.stderr);
    t.regex(pulled.stderr, /warning: \/srv\/t\/pipe: a device, pipe or socket; left out/);
    t.regex(pulled.stderr, /warning: \/srv\/t\/m: another filesystem is mounted there; left out/);
    t.deepEqual(readdirSync(join(world.dir, 'out/t')), ['file']);
    t.is((await world.run('tlxc-file', 'pull', 'c1/srv/t/pipe', 'out')).code, 1);
  },
);

rooted('a file is replaced, never written through: its other names keep what they had', async (t) => {
  const { world } = await makePrey(t, false, true);
  await world.sh(`tlxc-attach -n c1 -- sh -c 'echo old > /etc/a; ln /etc/a /etc/b'
    echo new > mine; tlxc-file push mine c1/etc/a`);
  t.is(await world.sh('tlxc-file pull c1/etc/a -; tlxc-file pull c1/etc/b -'), 'new\nold\n');
});

rooted('on the host nothing is written through a link that another user has planted', async (t) => {
  const { world, victim } = await makePrey(t, false, true);
  await world.sh(`mkdir -m 1777 open; ln -s ${victim}/file open/motd; chown -h 1234 open/motd`);
  const { code, stderr } = await world.run('tlxc-file', 'pull', 'c1/etc/passwd', 'open/motd');
  t.is(code, 1);
  t.regex(stderr, /open\/motd is a link that another user has put there/);
  isUntouched(t, victim);
});

rooted(
  'nor through one that came out of the container, with the same command or an earlier one',
  async (t) => {
    const { world, rootfs, victim } = await makePrey(t, false, true);
    await world.sh(
      `cd ${rootfs}; mkdir a b; ln -s ${victim}/file a/x; ln -s ${victim}/new a/y; echo evil | tee b/x > b/y`,
    );
    const both = 'tlxc-file pull -r c1/a/. c1/b/x c1/b/y into/';
    const apart = 'tlxc-file pull -r c1/a/. into; tlxc-file pull c1/b/x c1/b/y into';
    for (const line of [both, apart, `${apart}/`]) {
      await world.sh(`rm -rf into; mkdir into; ${line}`);
      t.is(await world.sh('cat into/x into/y; find into -type l'), 'evil\nevil\n', line);
      isUntouched(t, victim);
    }
    await world.sh('ln -sf other into/x; tlxc-file pull c1/b/x into/x; readlink into/x');
    t.is(await world.sh('cat into/other'), 'evil\n', 'one that the caller names is followed');
  },
);

/** As the two ends talk (native/transfer/frames.h): a file of that name and mode, with nothing in it. */
function fileFrames(name: string, mode: number): Buffer {
  const entry = Buffer.alloc(24);
  entry.writeUInt32LE(mode);
  const head = (kind: number, size: number): Buffer => Buffer.from(Uint32Array.of(kind, size).buffer);
  const bytes = Buffer.concat([entry, Buffer.from(name)]);
  return Buffer.concat([head(3, bytes.length), bytes, head(6, 0), head(8, 0)]);
}

rooted('a sender that was taken over writes nothing beside the target, and no setuid file', async (t) => {
  const { world, victim } = await makePrey(t, true, false);
  const into = join(world.dir, 'into');
  mkdirSync(into);
  const receive = async (name: string, mode: number): Promise<number | null> => {
    const words = ['host', 'receive', 'i', '-1', '-1', '-1', into];
    const options = { input: fileFrames(name, mode) };
    return (await world.runWith(options, nativeFile('tlxc-transfer'), ...words)).code;
  };
  for (const name of ['../victim/file', `${victim}/file`, '../victim/new', '..', '.', '/'])
    t.is(await receive(name, 0o644), 1, name);
  isUntouched(t, victim);
  t.deepEqual(readdirSync(into), []);
  t.is(await receive('program', 0o6755), 0);
  t.is(statSync(join(into, 'program')).mode & 0o7777, 0o755);
});

rooted('a deep tree with long names is copied, and takes little memory', async (t) => {
  const { world, rootfs } = await makePrey(t, true, false);
  const [tree, above] = ['tree', 'above'].map((name) => join(rootfs, 'srv', name)) as [string, string];
  mkdirSync(tree, { recursive: true });
  writeFileSync(join(tree, 'file'), 'bottom\n');
  for (let depth = 2; depth < 1000; depth++) {
    mkdirSync(above);
    renameSync(tree, join(above, 'n'.repeat(255)));
    renameSync(above, tree);
  }
  const pull = `ulimit -v 80000; ${nativeFile('tlxc-transfer')} host`;
  try {
    mkdirSync(join(world.dir, 'out'));
    await world.sh(`(${pull} send recursive ${tree}) | (${pull} receive i -1 -1 -1 ${world.dir}/out)`);
    t.is(await world.sh('find out -name file -execdir cat {} +'), 'bottom\n');
  } finally {
    // Deeper than Node's own removal gets.
    await world.sh(`rm -rf ${tree} out`);
  }
});

rooted('a push that is killed leaves nothing inside', async (t) => {
  const { world } = await makePrey(t, false, true);
  const pushing = world.spawn('sh', '-c', 'echo $$; exec tlxc-file push - c1/root/half');
  const [said] = (await once(pushing.stdout, 'data')) as [Buffer];
  pushing.stdin.write('half');
  const inRoot = (): Promise<string> => world.sh('tlxc-attach -n c1 -- ls -A /root');
  const looksLike = (wanted: RegExp) =>
    eventually(30, async () => (wanted.test(await inRoot()) ? true : undefined));
  t.true(await looksLike(/^\.tlxc-[0-9a-f]{16}\n$/));
  await world.sh(`kill -9 ${said.toString().trim()}`);
  t.true(await looksLike(/^$/));
});

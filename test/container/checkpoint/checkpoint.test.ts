/**
 * tlxc-checkpoint, with a stand-in for CRIU: what CRIU is told, which lxc-checkpoint tells it, too; that a container which it
 * restores is adopted; and what is refused.
 */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { criuFindings } from '../../../src/host/criu.ts';
import { addBusybox } from '../../rig/containers.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const rooted = requires('root', 'busybox', 'veth', 'bridge');
const compared = requires('root', 'busybox', 'veth', 'bridge', 'lxc');

const DUMPABLE = ['lxc.console.path = none', 'lxc.tty.max = 0'];
const NETWORK = ['lxc.net.0.type = veth', 'lxc.net.0.link = br0', 'lxc.net.0.flags = up'];

/** A world where criu is the stand-in. */
async function worldWithCriu(t: ExecutionContext): Promise<World> {
  const world = await makeWorld(t);
  const criu = join(world.dir, 'bin/criu');
  copyFileSync(fileURLToPath(new URL('../../rig/stand-in-criu.pl', import.meta.url)), criu);
  chmodSync(criu, 0o755);
  await world.furnish('ip link add br0 type bridge; ip link set br0 up');
  return world;
}

/** Options and their values, without those that only one of the two needs or that must differ. */
function told(argv: string): readonly string[] {
  const words = argv
    .trim()
    .split('\n')
    .map((word) =>
      word
        .replace(/^\/sys\/fs\/cgroup\/.*$/, 'FREEZER')
        .replace(/^\/.*\/c1(?=\/|$)/, 'DIR')
        .replace(/^(\S+):\/.*c1.*$/, '$1:GROUP')
        .replace(/^(veth\[\w+\]:)\w+@/, '$1HOST@')
        .replace(/^\d+$/, 'PID'),
    );
  const options = words.join(' ').split(/ (?=-)/);
  return options.filter((option) => !/^--(root|pidfile|cgroup-root) |console:$|boot_id/.test(option)).sort();
}

compared('CRIU is told what lxc-checkpoint tells it', async (t) => {
  const world = await worldWithCriu(t);
  const config = [...DUMPABLE, ...NETWORK, 'lxc.mount.entry = /usr/share mnt none bind,ro 0 0'];
  addBusybox(world, 'c1', { privileged: true, config });
  const runs = {
    plain: ['-D', 'DIR'],
    pre: ['-p', '-v', '-D', 'DIR'],
    last: ['-s', '-v', '--predump-dir', '../../pre/c1', '-A', '/bin/true', '-D', 'DIR'],
  };
  for (const tool of ['lxc', 'tlxc']) {
    await world.sh(`${tool}-start -P ${world.lxcpath} -n c1`);
    for (const [name, words] of Object.entries(runs)) {
      const directory = join(world.dir, tool, name, 'c1');
      mkdirSync(directory, { recursive: true });
      const argv = words.map((word) => (word === 'DIR' ? directory : word));
      const { code, stderr } = await world.run(
        `${tool}-checkpoint`,
        '-P',
        world.lxcpath,
        '-n',
        'c1',
        ...argv,
      );
      t.is(code, 0, `${tool} ${name}: ${stderr}`);
    }
    await world.sh(`${tool}-wait -P ${world.lxcpath} -n c1 -s STOPPED -t 20`);
    const last = join(world.dir, tool, 'plain/c1');
    writeFileSync(join(last, 'fails'), ''); // by then CRIU has been told all
    await world.run(`${tool}-checkpoint`, '-P', world.lxcpath, '-n', 'c1', '-r', '-v', '-D', last);
  }
  for (const [name, action] of [
    ['plain', 'dump'],
    ['pre', 'pre-dump'],
    ['last', 'dump'],
    ['plain', 'restore'],
  ] as const) {
    const [ours, theirs] = ['tlxc', 'lxc'].map((tool) =>
      told(readFileSync(join(world.dir, tool, name, 'c1', `argv.${action}`), 'utf8')),
    );
    // For a pre-dump, LXC's names the mounts as for a restore.
    const withoutMounts = (options: readonly string[] = []) =>
      options.filter((option) => action !== 'pre-dump' || !/--ext-mount-map .*mnt/.test(option));
    t.deepEqual(withoutMounts(ours), withoutMounts(theirs), `${name} ${action}`);
  }
});

rooted('what CRIU restores is a container like any other: adopted, entered, rebooted, stopped', async (t) => {
  const world = await worldWithCriu(t);
  addBusybox(world, 'c1', { privileged: true, config: DUMPABLE });
  await world.sh('tlxc-start c1 && tlxc-checkpoint c1 -D saved/c1 && tlxc-stop -k c1');
  t.is((await world.run('tlxc-checkpoint', 'c1', '-D', 'saved/c1', '-r')).stderr, '');
  t.is(await world.sh('tlxc-attach c1 -- hostname'), 'restored\n');
  t.regex(await world.sh('tlxc-attach c1 -- ps'), /^ +1 root .* \/?(bin\/busybox )?init/m);
  const pid = (await world.sh('tlxc-info c1 -pH')).trim();
  t.regex(await world.sh(`cat /proc/${pid}/cgroup`), /:\/.*tlxc\/c1/);
  await world.sh('tlxc-stop c1 -r; tlxc-wait c1 -s RUNNING');
  t.is(await world.sh('tlxc-attach c1 -- hostname'), 'c1\n', 'a reboot starts it anew');
  await world.sh('tlxc-stop c1');
  t.is(await world.sh('tlxc-info c1 -sH'), 'STOPPED\n');
});

rooted('a restore that fails leaves nothing, and CRIU is quoted', async (t) => {
  const world = await worldWithCriu(t);
  addBusybox(world, 'c1', { privileged: true, config: DUMPABLE });
  await world.sh('tlxc-start c1 && tlxc-checkpoint c1 -D saved && touch saved/fails');
  const running = await world.run('tlxc-checkpoint', 'c1', '-D', 'saved', '-r');
  t.is(running.code, 1);
  t.regex(
    running.stderr,
    /^tlxc-checkpoint: c1: Container is already running\n {2}hint: .*tlxc-stop -n c1 stops it\n$/,
  );
  await world.sh('tlxc-stop -k c1');
  const failed = await world.run('tlxc-checkpoint', 'c1', '-D', 'saved', '-r');
  const log = join(world.dir, 'saved/restore.log');
  t.deepEqual(
    [failed.code, failed.stderr],
    [
      1,
      `tlxc-checkpoint: c1: CRIU could not restore it: tty: Found slave\n  hint: ${log} tells all, and more where it is asked to (-v)\n`,
    ],
  );
  const more = await world.run('tlxc-checkpoint', 'c1', '-D', 'saved', '-r', '-v');
  t.regex(more.stderr, /: CRIU could not restore it: tty: Found slave\n/);
  t.is(await world.sh('tlxc-info c1 -sH'), 'STOPPED\n');
  await world.sh('tlxc-start c1');
  mkdirSync(join(world.dir, 'other'));
  writeFileSync(join(world.dir, 'other/fails'), '');
  const dump = await world.run('tlxc-checkpoint', 'c1', '-D', 'other');
  t.regex(dump.stderr, /^tlxc-checkpoint: c1: CRIU could not save it \(exit status 1\): tty: Found slave\n/);
});

rooted('all that stands in the way is told at once, with its line', async (t) => {
  const world = await worldWithCriu(t);
  addBusybox(world, 'c1', { config: ['lxc.tty.max = 2'] });
  await world.sh('tlxc-start c1');
  const { code, stderr } = await world.run('tlxc-checkpoint', 'c1', '-D', 'saved');
  t.is(code, 1);
  t.regex(stderr, /^tlxc-checkpoint: c1: the container cannot be saved as it is\n/);
  t.regex(stderr, /c1\/config:\d+: CRIU cannot save mounts with mapped ids/);
  t.regex(stderr, /set lxc\.console\.path = none\n/);
  t.regex(stderr, /set lxc\.tty\.max = 0\n/);
  t.is((await world.run('test', '-e', 'saved')).code, 1, 'nothing was made');
});

rooted('a directory that others could change is not believed', async (t) => {
  const world = await worldWithCriu(t);
  addBusybox(world, 'c1', { privileged: true, config: DUMPABLE });
  await world.sh('tlxc-start c1; mkdir theirs open; chown 65534 theirs; chmod 777 open');
  for (const directory of ['theirs', 'theirs/below', 'open']) {
    const { code, stderr } = await world.run('tlxc-checkpoint', 'c1', '-D', directory);
    t.is(code, 1, directory);
    t.regex(stderr, /others than root could change .*\n {2}hint: choose a directory of root's/);
  }
  await world.sh('tlxc-checkpoint c1 -D saved && tlxc-stop -k c1 && chmod 666 saved/inventory.img');
  t.regex((await world.run('tlxc-checkpoint', 'c1', '-D', 'saved', '-r')).stderr, /change .*inventory\.img/);
  t.is(await world.sh('tlxc-info c1 -sH'), 'STOPPED\n');
});

rooted('what would end with the dump, or was changed since the start, is refused', async (t) => {
  const world = await worldWithCriu(t);
  addBusybox(world, 'c1', { privileged: true, config: [...DUMPABLE, 'lxc.ephemeral = 1'] });
  await world.sh('tlxc-start c1');
  t.regex(
    (await world.run('tlxc-checkpoint', 'c1', '-D', 'saved', '-s')).stderr,
    /c1\/config:\d+: stopping it \(-s\) destroys it/,
  );
  await world.sh('echo "lxc.mount.entry = /usr mnt none bind,ro 0 0" >> lxc/c1/config');
  const { stderr } = await world.run('tlxc-checkpoint', 'c1', '-D', 'saved');
  t.regex(
    stderr,
    /has changed since the start, and has to be as it was: lxc\.mount\.entry \(\/mnt is not mounted\)/,
  );
});

rooted('a dump that is wanted to end the container has no restart after it', async (t) => {
  const world = await worldWithCriu(t);
  const config = [...DUMPABLE, 'tlxc.restart = always', 'tlxc.restart.delay = 1'];
  addBusybox(world, 'c1', { privileged: true, config });
  await world.sh('tlxc-start c1; tlxc-checkpoint c1 -D saved -s; tlxc-wait c1 -s STOPPED -t 60');
  await world.sh('sleep 2');
  t.is(await world.sh('tlxc-info c1 -sH'), 'STOPPED\n');
});

/** argv after the container's name, the message. */
const MISTAKES: readonly (readonly [readonly string[], string])[] = [
  [[], 'c1: -D is required: the directory of the checkpoint'],
  [['-D', 'x', '-r', '-s'], 'c1: -s not compatible with -r'],
  [['-D', 'x', '-d'], 'c1: -d and -F are for -r alone'],
  [['-D', 'x', '-p', '-r'], 'c1: -p and --predump-dir not compatible with -r'],
  [['-D', 'x'], 'c1 not running, not checkpointing'],
];

rooted('mistakes', async (t) => {
  const world = await worldWithCriu(t);
  addBusybox(world, 'c1', { privileged: true, config: DUMPABLE });
  for (const [words, message] of MISTAKES) {
    const { code, stderr } = await world.run('tlxc-checkpoint', 'c1', ...words);
    t.deepEqual([code, stderr.split('\n')[0]], [1, `tlxc-checkpoint: ${message}`]);
  }
  t.regex(
    (await world.run('tlxc-checkpoint', 'c1', '-D', 'x', '-r')).stderr,
    /there is no checkpoint in .*\/x/,
  );
  t.regex((await world.run('tlxc-checkpoint', 'nobody', '-D', 'x')).stderr, /nobody is not defined/);
});

test('a host without CRIU is told the package', (t) => {
  const finding = criuFindings('').find(({ what }) => what === 'criu');
  t.deepEqual([finding?.found, finding?.mend], ['not installed', 'apt-get install criu']);
});

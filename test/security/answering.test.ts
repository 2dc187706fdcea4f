/** Containers whose files or processes misbehave: every command still answers, at once, and says of which. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox } from '../rig/containers.ts';
import { eventually } from '../rig/eventually.ts';
import { leastBelow, leastOf } from '../rig/least.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';
import { createContainer } from './attacks.ts';

/** What a command takes; one that hangs is no measurement. */
const took =
  (world: World, program: string, ...words: readonly string[]) =>
  async (): Promise<number> =>
    (await world.runWith({ timeout: 30_000 }, program, ...words)).milliseconds;

const rooted = requires('root', 'userns', 'idmap', 'busybox');

/** Each makes the file $1, the configuration of a container; then what the error is to say. */
const BROKEN: Readonly<Record<string, readonly [string, RegExp]>> = {
  fifo: ['mkfifo $1', /config: .*FIFO|config: .*regular file/i],
  zero: ['ln -s /dev/zero $1', /config: .*(device|regular file|link)/i],
  tty: ['mknod $1 c 5 0', /config: .*(device|regular file)/i],
  socket: [
    `perl -e 'use IO::Socket::UNIX; chdir shift; IO::Socket::UNIX->new(Listen => 1, Local => "config")' $(dirname $1)`,
    /config/,
  ],
  directory: ['mkdir $1', /config: .*(directory|regular file)/i],
  huge: ['truncate -s 1025K $1', /config: .*(1 MiB|too (big|large|long))/i],
  sparse: ['truncate -s 1T $1', /config: .*(1 MiB|too (big|large|long))/i],
  latin: [`printf 'lxc.arch = x86_64\\n# \\351\\n' > $1`, /config:2: .*UTF-8/],
  nul: [`printf 'lxc.arch = x86_64\\n\\000\\n' > $1`, /config:2: .*NUL/i],
  itself: ['echo "lxc.include = $1" > $1', /config:1.*include/],
  circle: [
    'echo "lxc.include = $1.d" > $1; mkdir $1.d; echo "lxc.include = $1" > $1.d/back.conf',
    /back\.conf:1.*include/,
  ],
  random: ['head -c 5000 /dev/urandom > $1', /config/],
  unknown: ['echo "lxc.utsname.nmae = x" > $1', /config:1:1: .*lxc\.utsname\.nmae/],
};

rooted(
  'a configuration that cannot be read: ls lists it and all others, every command says why',
  async (t) => {
    const world = await makeWorld(t);
    for (const name of ['a-good', 'z-good']) addBusybox(world, name);
    for (const [name, [make]] of Object.entries(BROKEN)) {
      const dir = join(world.lxcpath, name);
      mkdirSync(dir);
      await world.sh(`set -- ${dir}/config; ${make}`);
    }
    const names = [...Object.keys(BROKEN), 'a-good', 'z-good'].sort();
    for (const words of [['-1'], ['-1', '--stopped'], ['-f', '-F', 'NAME,STATE']]) {
      const { code, stdout, stderr } = await world.run('tlxc-ls', ...words);
      t.is(code, 0, stderr);
      const listed = stdout.split('\n').map((line) => line.trim().split(/\s+/)[0] ?? '');
      t.deepEqual(
        listed.filter((name) => names.includes(name)),
        names,
        words.join(' '),
      );
      const least = await leastBelow(3000, took(world, 'tlxc-ls', ...words));
      t.true(least < 3000, `${words.join(' ')}: ${least} ms`);
    }
    t.regex(await world.sh('tlxc-ls -f'), /^fifo +BROKEN/m);
    for (const [name, [, reason]] of Object.entries(BROKEN)) {
      const start = await world.runWith({ timeout: 30_000 }, 'tlxc-start', '-n', name);
      t.is(start.code, 1, name);
      t.regex(start.stderr, reason, name);
    }
    const spared = await world.run('tlxc-destroy', '-n', 'fifo');
    t.is(spared.code, 1);
    t.regex(spared.stderr, /hint: tlxc-destroy -f /);
    for (const name of Object.keys(BROKEN)) {
      const destroyed = await world.runWith({ timeout: 30_000 }, 'tlxc-destroy', '-f', '-n', name);
      t.is(destroyed.code, 0, `${name}: ${destroyed.stderr}`);
    }
    t.is(await world.sh('tlxc-ls -1'), 'a-good\nz-good\n');
  },
);

interface Instance {
  readonly initPid: number;
  readonly monitorPid: number;
  readonly cgroups: readonly {
    readonly controllers: readonly string[];
    readonly mountPoint: string;
    readonly limitGroup: string;
    readonly version: number;
  }[];
}

const instanceOf = async (world: World, name: string): Promise<Instance> =>
  JSON.parse(await world.sh(`cat ${world.runDir}/*/${name}/instance.json`)) as Instance;

/** What may be asked of a container that runs, and changes nothing. */
const QUESTIONS: readonly (readonly [string, ...string[]])[] = [
  ['tlxc-ls', '-1'],
  ['tlxc-ls', '--active'],
  ['tlxc-ls', '-f'],
  ['tlxc-ls', '--json'],
  ['tlxc-info', '-n', 'c1'],
  ['tlxc-info', '-n', 'c1', '-s'],
  ['tlxc-info', '-n', 'c1', '--json'],
  ['tlxc-attach', '-n', 'c1', '--', 'true'],
  ['tlxc-console', '-n', 'c1', '-t', '99'],
  ['tlxc-start', '-n', 'c1'],
  ['tlxc-destroy', '-n', 'c1'],
];
/** A monitor that does not answer may take this much of a command's time, and what a busy machine adds to it. */
const PATIENCE = 200 + 400;

rooted.serial(
  'a monitor that is stopped delays no command, and the container is still stopped',
  async (t) => {
    const world = await makeWorld(t);
    addBusybox(world, 'c1');
    await world.sh('tlxc-start -n c1');
    const usual = new Map<readonly string[], number>();
    for (const words of QUESTIONS) usual.set(words, await leastOf(2, took(world, ...words)));
    await world.sh(`kill -STOP ${(await instanceOf(world, 'c1')).monitorPid}`);
    for (const words of QUESTIONS) {
      const limit = (usual.get(words) ?? 0) + PATIENCE;
      const least = await leastBelow(limit, took(world, ...words));
      t.true(least < limit, `${words.join(' ')}: ${Math.round(least)} ms, and at most ${Math.round(limit)}`);
    }
    t.is(await world.sh('tlxc-info -n c1 -sH'), 'UNRESPONSIVE\n');
    const killed = await world.runWith({ timeout: 30_000 }, 'tlxc-stop', '-k', '-n', 'c1');
    t.deepEqual([killed.code, killed.stderr], [0, '']);
    t.true(killed.milliseconds < 3000, `${killed.milliseconds} ms`);
    await world.sh('tlxc-start -n c1; tlxc-destroy -f -n c1');
    t.is(await world.sh('tlxc-ls'), '');
  },
);

const hanging = requires('root', 'userns', 'idmap', 'busybox', 'compiler', 'fuse');

/** Until init waits where no signal ends it. */
async function heldUp(world: World, name: string): Promise<void> {
  const pid = (await world.sh(`tlxc-info -n ${name} -pH`)).trim();
  await eventually(30, async () =>
    (await world.sh(`cat /proc/${pid}/stat`)).includes(' D ') ? true : undefined,
  );
}

hanging('an init that waits for a process of its own is killed with it', async (t) => {
  const world = await makeWorld(t);
  const config = ['tlxc.device = fuse', 'lxc.init.cmd = /stuck'];
  await createContainer(world, 'c1', 'u2', { attacks: ['stuck'], config });
  for (const words of [['-k'], ['-t', '1']]) {
    await world.sh('tlxc-start -n c1');
    await heldUp(world, 'c1');
    const { code, stderr } = await world.runWith({ timeout: 30_000 }, 'tlxc-stop', '-n', 'c1', ...words);
    t.is(code, 0, stderr);
    t.is(await world.sh('tlxc-info -n c1 -sH'), 'STOPPED\n');
  }
});

hanging('nor does it outlive a monitor that was killed', async (t) => {
  const world = await makeWorld(t);
  const config = ['tlxc.device = fuse', 'lxc.init.cmd = /stuck'];
  await createContainer(world, 'c1', 'u2', { attacks: ['stuck'], config });
  await world.sh('tlxc-start -n c1');
  await heldUp(world, 'c1');
  const { initPid, monitorPid } = await instanceOf(world, 'c1');
  await world.sh(`kill -9 ${monitorPid}`);
  await world.sh('tlxc-ls >/dev/null; tlxc-stop -k -n c1 || test $? = 2');
  t.false(existsSync(`/proc/${initPid}`));
  await world.sh('tlxc-destroy -n c1');
});

hanging(
  'a device for a container whose filesystem holds up whoever looks: the command ends, and says so',
  async (t) => {
    const world = await makeWorld(t);
    const config = ['tlxc.device = fuse', 'lxc.init.cmd = /stuck /etc'];
    await createContainer(world, 'c1', 'u2', { attacks: ['stuck'], config });
    await world.sh('tlxc-start -n c1');
    await heldUp(world, 'c1');
    const words = ['-n', 'c1', 'add', '/dev/tty'];
    const { code, stderr } = await world.runWith({ timeout: 30_000 }, 'tlxc-device', ...words, '/dev/own');
    t.is(code, 1);
    t.regex(
      stderr,
      /^tlxc-device: c1: cannot make \/dev\/own in the container: .*does not answer\n {2}hint: /,
    );
    await world.sh('tlxc-stop -k -n c1');
  },
);

rooted('a frozen container: attach says so at once; stop and destroy do not wait for it', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  const freeze = async (): Promise<void> => {
    const { cgroups } = await instanceOf(world, 'c1');
    const freezer = cgroups.find(({ controllers }) => controllers.includes('freezer')) ?? cgroups[0];
    const group = join(freezer?.mountPoint ?? '', freezer?.limitGroup ?? '');
    const old = freezer?.version === 1;
    await world.sh(`echo ${old ? 'FROZEN' : 1} > ${group}/${old ? 'freezer.state' : 'cgroup.freeze'}`);
  };
  await world.sh('tlxc-start -n c1');
  await freeze();
  const attached = await world.runWith({ timeout: 15_000 }, 'tlxc-attach', '-n', 'c1', '--', 'true');
  t.is(attached.code, 1);
  t.regex(attached.stderr, /^tlxc-attach: c1: the container is frozen/);
  t.is(await world.sh('tlxc-info -n c1 -sH'), 'FROZEN\n');
  const stopped = await world.runWith({ timeout: 30_000 }, 'tlxc-stop', '-n', 'c1', '-t', '1');
  t.is(stopped.code, 0, stopped.stderr);
  await world.sh('tlxc-start -n c1');
  await freeze();
  const destroyed = await world.runWith({ timeout: 30_000 }, 'tlxc-destroy', '-f', '-n', 'c1');
  t.is(destroyed.code, 0, destroyed.stderr);
});

/** tlxc-freeze and tlxc-unfreeze, and work that needs a container frozen. */
import type { ExecutionContext } from 'ava';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { boot, type BootOptions } from '../../effects/effect.ts';
import { eventually } from '../../rig/eventually.ts';
import { addFilesystem } from '../../rig/filesystem.ts';
import { requires } from '../../rig/requires.ts';
import { makeUser } from '../../rig/user.ts';
import { makeWorld, type World } from '../../rig/world.ts';
import { loader } from '../../rig/typescript.ts';

const running = requires('root', 'userns', 'idmap', 'busybox').serial;
const byUser = requires('root', 'userns', 'overlay', 'users', 'busybox', 'cgroup1').serial;
const onDisk = requires('root', 'userns', 'idmap', 'busybox', 'loop').serial;

/** A line that counts in /n as long as it can. */
const COUNT = 'n=0; while :; do n=$((n+1)); echo $n > /n; sleep 0.01; done > /dev/null 2>&1 &';

const state = async (world: World): Promise<string> => (await world.sh('tlxc-info -n c1 -sH')).trim();

async function counter(world: World): Promise<number> {
  return Number(await world.sh(`cat ${world.lxcpath}/c1/rootfs/n`));
}

async function counts(world: World): Promise<boolean> {
  const before = await counter(world);
  for (let attempt = 0; attempt < 100; attempt++) {
    await world.sh('sleep 0.03');
    if ((await counter(world)) > before) return true;
  }
  return false;
}

async function container(t: ExecutionContext, config: readonly string[] = [], options: BootOptions = {}) {
  const world = await makeWorld(t);
  const { inside } = await boot(world, config, options);
  await inside(COUNT);
  return {
    world,
    inside,
    done: (program: string, ...words: readonly string[]) => world.run(program, '-n', 'c1', ...words),
  };
}

const SAID_NOTHING = { code: 0, stdout: '', stderr: '' };

running('frozen, nothing moves; thawed, it goes on; both may be asked twice', async (t) => {
  const { world, done } = await container(t);
  t.true(await counts(world));
  t.like(await done('tlxc-freeze'), SAID_NOTHING);
  t.is(await state(world), 'FROZEN');
  const before = await counter(world);
  await world.sh('sleep 0.2');
  t.is(await counter(world), before);
  t.like(await done('tlxc-freeze'), SAID_NOTHING);
  t.like(await done('tlxc-unfreeze'), SAID_NOTHING);
  t.is(await state(world), 'RUNNING');
  t.true(await counts(world));
  t.like(await done('tlxc-unfreeze'), SAID_NOTHING);
});

running('what does not run cannot be frozen; what is not frozen is thawed already', async (t) => {
  const { world, done } = await container(t);
  await world.sh('tlxc-stop -k -n c1');
  t.like(await done('tlxc-freeze'), {
    code: 1,
    stderr: 'tlxc-freeze: c1 is not running\n  hint: tlxc-start -n c1 starts it\n',
  });
  t.like(await done('tlxc-unfreeze'), SAID_NOTHING);
  for (const program of ['tlxc-freeze', 'tlxc-unfreeze'])
    t.like(await world.run(program, '-n', 'nobody'), {
      code: 1,
      stderr: `${program}: nobody: Container is not defined\n  hint: there is no such container in ${world.lxcpath}: tlxc-ls lists those that exist\n`,
    });
});

running('who watches is told of each change once', async (t) => {
  const { world, done } = await container(t);
  const ask = ['--import', loader, join(import.meta.dirname, '../../monitor/ask.ts')];
  const socket = (await world.sh(`ls ${world.runDir}/*/c1/monitor.sock`)).trim();
  const watch = world.run(process.execPath, ...ask, 'watch', socket);
  await eventually(120, async () =>
    (await world.run('test', '-e', 'watching')).code === 0 ? true : undefined,
  );
  for (const program of ['tlxc-freeze', 'tlxc-freeze', 'tlxc-unfreeze', 'tlxc-unfreeze']) await done(program);
  await world.sh('tlxc-stop -k -n c1');
  t.deepEqual((await watch).stdout.trim().split('\n'), [
    ...['FREEZING', 'FROZEN', 'THAWED', 'RUNNING'],
    ...['STOPPING', 'STOPPED'],
  ]);
});

running(
  'a frozen container is killed, and a halt that it cannot see ends so; -k leaves nothing',
  async (t) => {
    const { world, done } = await container(t);
    await done('tlxc-freeze');
    const refused = await done('tlxc-stop', '-t', '1', '--nokill');
    t.is(refused.code, 1);
    t.regex(
      refused.stderr,
      /warning: it is frozen and sees no signal.*\n.*did not halt within 1 s\n.*tlxc-unfreeze -n c1/,
    );
    t.is(await state(world), 'FROZEN');
    t.is((await done('tlxc-stop', '-t', '1')).code, 0);
    t.is(await state(world), 'STOPPED');
    await world.sh('tlxc-start -n c1; tlxc-freeze -n c1; tlxc-stop -k -n c1');
    t.is(await state(world), 'STOPPED');
  },
);

async function holdFrozen(world: World): Promise<ChildProcessWithoutNullStreams> {
  const script = ['--import', loader, join(import.meta.dirname, '../hold-frozen.ts')];
  const holder = world.spawn(process.execPath, ...script, 'c1');
  const [said] = (await once(holder.stdout, 'data')) as [Buffer];
  if (String(said) !== 'frozen\n') throw new Error(String(said));
  return holder;
}

running('work that needs it frozen has it so, and nobody thaws it meanwhile', async (t) => {
  const { world, done } = await container(t);
  const holder = await holdFrozen(world);
  t.is(await state(world), 'FROZEN');
  const { code, stderr } = await done('tlxc-unfreeze');
  t.is(code, 1);
  t.regex(stderr, /^tlxc-unfreeze: c1: cannot thaw: process \d+ \(\S*node .+\) needs it frozen\n/);
  const second = await holdFrozen(world);
  holder.stdin.end();
  await once(holder, 'exit');
  t.is(await state(world), 'FROZEN', 'one of two still needs it');
  const ended = once(second.stdout, 'data');
  second.stdin.end();
  t.is(String((await ended)[0]), 'done\n');
  t.is(await state(world), 'RUNNING');
});

running('however that work ends, the container runs again', async (t) => {
  const { world } = await container(t);
  const holder = await holdFrozen(world);
  // The holder is a child of nsenter's: what is killed is the one that has the connection.
  const ended = once(holder, 'exit');
  await world.sh(`pkill -KILL -f '[h]old-frozen.ts c1'`);
  await ended;
  await eventually(30, async () => ((await state(world)) === 'RUNNING' ? true : undefined));
  t.true(await counts(world));
});

running('what a person froze stays frozen after such work', async (t) => {
  const { world, done } = await container(t);
  await done('tlxc-freeze');
  const holder = await holdFrozen(world);
  holder.stdin.end();
  await once(holder, 'exit');
  t.is(await state(world), 'FROZEN');
  t.like(await done('tlxc-unfreeze'), SAID_NOTHING);
  t.is(await state(world), 'RUNNING');
});

running('a process that the container stopped itself does not keep it from being frozen', async (t) => {
  const { world, inside, done } = await container(t);
  await inside("sh -c 'kill -STOP $$' > /dev/null 2>&1 &");
  t.like(await done('tlxc-freeze'), SAID_NOTHING);
  t.like(await done('tlxc-unfreeze'), SAID_NOTHING);
  t.true(await counts(world));
});

onDisk('a process that nothing can reach is named, and the container runs on', async (t) => {
  const world = await makeWorld(t);
  const [outer, disk] = ['outer', 'disk'].map((name) => join(world.dir, name)) as [string, string];
  [outer, disk].forEach((at) => mkdirSync(at));
  await addFilesystem(world, { type: 'ext4', at: outer, size: '64M' });
  // A disk whose device does not answer as long as the filesystem below it is frozen.
  await world.furnish(
    `truncate -s 16M ${outer}/b; mkfs.ext4 -q ${outer}/b; mount -o loop ${outer}/b ${disk}`,
  );
  const { inside } = await boot(world, [`lxc.mount.entry = ${disk} mnt none bind,create=dir`], {
    privileged: true,
  });
  await inside(COUNT);
  await world.sh(`sync -f ${outer}; fsfreeze -f ${outer}`);
  try {
    await inside('dd if=/dev/zero of=/mnt/file bs=64k count=16 conv=fsync > /dev/null 2>&1 &');
    const stuck = `for each in /proc/[0-9]*/stat; do grep -q '(dd) D ' $each && echo $each; done; true`;
    await eventually(30, async () => ((await inside(stuck)) === '' ? undefined : true));
    const { code, stderr } = await world.run('tlxc-freeze', '-n', 'c1', '-t', '1');
    t.is(code, 1);
    t.regex(
      stderr,
      /^tlxc-freeze: c1: not frozen within 1 s, so it runs on: process \d+ \(dd\b.*\) waits in the kernel\n {2}hint: /,
    );
    t.is(await state(world), 'RUNNING');
    t.true(await counts(world));
  } finally {
    await world.sh(`fsfreeze -u ${outer}`);
  }
  t.like(await world.run('tlxc-freeze', '-n', 'c1'), SAID_NOTHING);
});

byUser(
  "a user's container without a control group of its own is not frozen, nor who started it",
  async (t) => {
    const user = await makeUser(t);
    await user.sh(
      `echo 'lxc.net.0.type = empty' > seed; tlxc-create -n c1 -f seed -t busybox; tlxc-start -q -n c1`,
    );
    const { code, stderr } = await user.run('tlxc-freeze', '-n', 'c1');
    t.is(code, 1);
    t.regex(stderr, /^tlxc-freeze: c1: it has no control group that can be frozen\n {2}hint: /);
    const copied = await user.run('tlxc-copy', '-a', '-n', 'c1', '-N', 'c2');
    t.regex(copied.stderr, /\n {2}hint: .* to copy or keep it, stop it: that takes neither\n$/);
    t.is((await user.run('tlxc-unfreeze', '-n', 'c1')).code, 0);
    t.is(await user.sh('tlxc-info -n c1 -sH'), 'RUNNING\n');
    await user.sh('tlxc-wait -n c1 -s RUNNING; tlxc-stop -k -n c1; tlxc-wait -n c1 -s STOPPED -t 60');
  },
);

running('who follows the states, reads none and thaws it all the same, costs nobody anything', async (t) => {
  const { world } = await container(t);
  const before = await world.sh('tlxc-info -n c1 -p -H; pgrep -f "^.tlxc monitor.*c1"');
  const watcher = fileURLToPath(new URL('../../rig/programs/deaf-watcher.pl', import.meta.url));
  const said = await world.sh(`cd $(dirname $(find run -name monitor.sock)); perl ${watcher} monitor.sock`);
  t.is(said, 'dropped 5 times\n');
  t.is(await state(world), 'RUNNING');
  t.is(await world.sh('tlxc-info -n c1 -p -H; pgrep -f "^.tlxc monitor.*c1"'), before);
});

const nesting = requires('root', 'busybox', 'cgroup1').serial;

/** A container with the groups of its own, one of which it has frozen with a process in it. */
async function freezesItself(t: ExecutionContext): Promise<World> {
  const config = ['lxc.mount.auto = cgroup:rw:force'];
  const { world, inside } = await container(t, config, { privileged: true });
  const group = '/sys/fs/cgroup/freezer/inner';
  // By then it has let go of the line's output: frozen before, it would hold that for good.
  await inside('sleep 1000 > /dev/null 2>&1 & echo $! > /sleeper');
  await inside(`mkdir ${group}; cat /sleeper > ${group}/tasks; echo FROZEN > ${group}/freezer.state`);
  await inside(`until grep -q FROZEN ${group}/freezer.state; do sleep 0.05; done`);
  return world;
}

nesting(
  'what a container froze itself stays frozen through a thaw, and does not outlive a kill',
  async (t) => {
    const world = await freezesItself(t);
    await world.sh('tlxc-freeze -n c1; tlxc-unfreeze -n c1');
    t.is(await world.sh('tlxc-attach -n c1 -- cat /sys/fs/cgroup/freezer/inner/freezer.state'), 'FROZEN\n');
    t.like(await world.run('tlxc-stop', '-k', '-n', 'c1'), SAID_NOTHING);
    t.is(await state(world), 'STOPPED');
  },
);

nesting('nor does it outlive the monitor that was killed', async (t) => {
  const world = await freezesItself(t);
  await world.sh('kill -9 $(ps -o ppid= -p $(tlxc-info -n c1 -pH)); tlxc-stop -k -n c1 || true');
  t.true(await eventually(30, async () => (await state(world)) === 'STOPPED' || undefined));
});

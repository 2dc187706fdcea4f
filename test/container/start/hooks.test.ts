/** lxc.hook.*: one program that records what it was told, for LXC and for TLXC. */
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { addBusybox } from '../../rig/containers.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');
const beside = requires('root', 'busybox', 'lxc');

const OUTSIDE = 'pre-start pre-mount mount autodev start-host stop post-stop destroy'.split(' ');

interface Call {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** A hook's program: appends its arguments and environment to a file, with NULs between. */
const recorder = (file: string) =>
  `#!/bin/sh\n{ printf 'call\\0'; printf '%s\\0' "$@"; printf 'environment\\0'; cat /proc/self/environ; } >> ${file}\n`;

function program(path: string, text: string): string {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

/** What differs from run to run or is each tool's own: pids, descriptors, where the root filesystem is assembled. */
const general = (text: string) => text.replace(/\d+/g, 'N');

function calls(file: string): Call[] {
  if (!existsSync(file)) return [];
  const all = readFileSync(file, 'utf8').split('call\0').slice(1);
  return all.map((text) => {
    const [before = '', after = ''] = text.split('environment\0');
    const args = before.split('\0').filter((word) => word !== '');
    const pairs = after.split('\0').flatMap((line) => {
      const [, name, value] = /^((?:LXC_|MINE|CALLER|container_ttys)[^=]*)=(.*)$/s.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, general(value)] as const];
    });
    return { args: args.map(general), environment: Object.fromEntries(pairs) };
  });
}

async function recorded(
  world: World,
  tool: string,
  version: number,
): Promise<{ args: readonly string[]; environment: Record<string, string> }[]> {
  const name = `v${version}`;
  const [outside, inside] = [join(world.dir, 'told'), join(world.lxcpath, name, 'rootfs/told')];
  for (const file of [outside, inside]) rmSync(file, { force: true });
  const place = `-P ${world.lxcpath} -n ${name}`;
  const env = { CALLER: 'its own' };
  await world.sh(`${tool}-start ${place}; ${tool}-stop -k ${place}; mkdir -p save; cp -a lxc/${name} save`, {
    env,
  });
  await world.sh(`until [ $(grep -c post-stop told) -gt 0 ]; do sleep 0.05; done`);
  await world.sh(`${tool}-destroy ${place}; mv save/${name} lxc`, { env });
  const own = ({ environment, args }: Call) => {
    const { LXC_ROOTFS_MOUNT, ...others } = environment;
    return { args, environment: { ...others, ...(LXC_ROOTFS_MOUNT && { LXC_ROOTFS_MOUNT: 'somewhere' }) } };
  };
  return [...calls(outside), ...calls(inside)].map(own);
}

for (const version of [0, 1]) {
  beside(`version ${version}: what LXC tells its hooks, TLXC tells them, in the same order`, async (t) => {
    const world = await makeWorld(t);
    const hook = program(join(world.dir, 'record'), recorder(join(world.dir, 'told')));
    const config = [
      `lxc.hook.version = ${version}`,
      ...OUTSIDE.map((name) => `lxc.hook.${name} = ${hook} of "${name}"`),
      'lxc.hook.start = /record',
      'lxc.environment = MINE=1',
      'lxc.tty.max = 2',
      `lxc.console.logfile = ${join(world.dir, 'console.log')}`,
    ];
    addBusybox(world, `v${version}`, { privileged: true, config });
    program(join(world.lxcpath, `v${version}`, 'rootfs/record'), recorder('/told'));
    const theirs = await recorded(world, 'lxc', version);
    const ours = await recorded(world, 'tlxc', version);
    t.is(theirs.length, OUTSIDE.length + 1);
    // But for the caller's variables: those are nothing to the container's own programs.
    const start = theirs.at(-1)?.environment;
    if (start) delete start['CALLER'];
    t.deepEqual(ours, theirs);
  });
}

async function withHook(t: ExecutionContext, name: string, more: readonly string[] = []) {
  const world = await makeWorld(t);
  addBusybox(world, 'u1', { config: [`lxc.hook.${name} = /bin/false`, 'lxc.log.file = log', ...more] });
  const state = async () => (await world.sh('tlxc-info -n u1 -sH')).trim();
  return { world, state, start: () => world.run('tlxc-start', 'u1') };
}

for (const name of ['pre-start', 'pre-mount', 'mount', 'autodev', 'start-host', 'start']) {
  rooted(`a ${name} hook that fails fails the start, with its line`, async (t) => {
    const { world, state, start } = await withHook(t, name);
    const { code, stderr } = await start();
    t.is(code, 1);
    t.regex(
      stderr,
      new RegExp(
        `the ${name} hook failed \\(exit 1\\): /bin/false\\n  at .*/config:\\d+ \\(lxc\\.hook\\.${name}\\)`,
      ),
    );
    t.is(await state(), 'STOPPED');
    t.deepEqual(await world.leaks(), []);
  });
}

rooted('what a hook that fails printed last is in the error and in the log', async (t) => {
  const world = await makeWorld(t);
  const lines =
    'seq 1 100000; echo no disk; printf "it is \\033[31mgone" >&2; echo; sleep 3600 & echo $! >> left; exit 3';
  const hook = program(join(world.dir, 'mount-disk'), `#!/bin/sh\ncd ${world.dir}\n${lines}\n`);
  for (const name of ['pre-start', 'mount']) {
    addBusybox(world, name, {
      privileged: true,
      config: [`lxc.hook.${name} = ${hook}`, 'lxc.log.file = log'],
    });
    const { stderr, milliseconds } = await world.run('tlxc-start', name);
    t.true(milliseconds < 30_000);
    const said = new RegExp(`the ${name} hook failed \\(exit 3: 100000 no disk it is {1,2}\\[31mgone\\): `);
    t.regex(stderr, said);
    t.regex(stderr, /hint: mend what it complains of/);
    t.regex(await world.sh(`cat lxc/${name}/log`), /hook \S+: \/bin\/sh: exit 3: 100000 no disk it is/);
  }
  await world.sh('kill $(head -n 1 left)');
});

rooted('a limit of open files that no start does with is named', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1', { config: ['lxc.prlimit.nofile = 3'] });
  const { code, stderr } = await world.run('tlxc-start', 'u1');
  t.is(code, 1);
  t.regex(
    stderr,
    /the limit of 3 open files is too low[^]*config:\d+ \(lxc\.prlimit\.nofile\)\n {2}hint: give it/,
  );
});

rooted('a stop hook that fails is logged, and the container reboots all the same', async (t) => {
  const { world, state, start } = await withHook(t, 'stop');
  t.is((await start()).code, 0);
  t.is((await world.run('tlxc-stop', '-r', 'u1')).code, 0);
  t.is(await state(), 'RUNNING');
  t.regex(await world.sh('cat lxc/u1/log'), /hook stop: \/bin\/sh: exit 1/);
});

rooted('a post-stop hook that fails turns a reboot into a stop', async (t) => {
  const { world, state, start } = await withHook(t, 'post-stop');
  t.is((await start()).code, 0);
  t.is((await world.run('tlxc-stop', '-r', 'u1')).code, 2);
  t.is(await state(), 'STOPPED');
});

rooted('after a failed start the post-stop hooks run', async (t) => {
  const world = await makeWorld(t);
  const touch = program(join(world.dir, 'touch'), `#!/bin/sh\necho $LXC_TARGET > ${world.dir}/out\n`);
  addBusybox(world, 'u1', { config: [`lxc.hook.post-stop = ${touch}`, 'lxc.hook.pre-start = /bin/false'] });
  t.is((await world.run('tlxc-start', 'u1')).code, 1);
  t.is(await world.sh('cat out'), 'stop\n');
});

rooted('a destroy hook that fails keeps the container', async (t) => {
  const { world } = await withHook(t, 'destroy');
  const { code, stderr } = await world.run('tlxc-destroy', 'u1');
  t.is(code, 1);
  t.regex(stderr, /the destroy hook \/bin\/false failed/);
  t.true(existsSync(join(world.lxcpath, 'u1/config')));
});

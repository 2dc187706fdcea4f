/** What free, nproc and uptime tell in a container, with lxcfs on the host and without. */
import { readFileSync } from 'node:fs';
import { addBusybox, type ContainerOptions } from '../../rig/containers.ts';
import { runLxcfs } from '../../rig/lxcfs.ts';
import { requires } from '../../rig/requires.ts';
import { makeUser } from '../../rig/user.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const tested = requires('root', 'userns', 'idmap', 'busybox', 'lxcfs');

const users = requires('root', 'userns', 'overlay', 'users', 'busybox', 'lxcfs');

const AUTO = 'tlxc.mount.lxcfs = auto';
/** What is set in version 1 holds in version 2, too. */
const SMALL = ['lxc.cgroup.memory.limit_in_bytes = 64M', 'lxc.cgroup.cpuset.cpus = 0'];

const inside = async (world: World, line: string): Promise<string> =>
  (await world.sh(`tlxc-attach -n c1 -- sh -c '${line}'`)).trim();

const HOST_KB = /^MemTotal: +(\d+) kB/.exec(readFileSync('/proc/meminfo', 'latin1'))?.[1];
const memoryOf = async (world: World): Promise<string | undefined> =>
  /^MemTotal: +(\d+) kB/.exec(await inside(world, 'head -n 1 /proc/meminfo'))?.[1];

async function doctor(world: World): Promise<{ what: string; found: string; mend: string }[]> {
  const { stdout } = await world.run('tlxc-doctor', '--json');
  return (JSON.parse(stdout) as { findings: { what: string; found: string; mend: string }[] }).findings;
}

/** How many mounts of lxcfs lie there. */
const mountsAt = (world: World, path: string): Promise<string> =>
  inside(world, `grep -c " ${path} .* fuse.lxcfs " /proc/self/mountinfo; true`);

async function start(
  world: World,
  config: readonly string[],
  options: ContainerOptions = {},
): Promise<string> {
  addBusybox(world, 'c1', { ...options, config });
  const { code, stderr, stdout } = await world.run('tlxc-start', '-n', 'c1');
  if (code !== 0) throw new Error(stdout + stderr);
  return stderr;
}

for (const privileged of [true, false])
  tested(`${privileged ? 'a privileged' : 'an unprivileged'} container sees its own`, async (t) => {
    const world = await makeWorld(t);
    await runLxcfs(world);
    const before = Date.now();
    t.is(await start(world, [AUTO, ...SMALL], { privileged }), '');
    t.is(await memoryOf(world), String(64 * 1024));
    t.is(await inside(world, 'grep -c ^processor /proc/cpuinfo'), '1');
    t.is(await inside(world, 'cat /sys/devices/system/cpu/online'), '0');
    const uptime = Number((await inside(world, 'cat /proc/uptime')).split(' ')[0]);
    t.true(uptime <= (Date.now() - before) / 1000 + 1, `${uptime}`);
    t.is(await mountsAt(world, '/proc/meminfo'), '1');
    t.regex(await inside(world, '(echo x > /proc/meminfo) 2>&1; true'), /Read-only file system/);
  });

tested(
  'what the configuration lays there itself, or has the hook of the package do, is done once',
  async (t) => {
    const world = await makeWorld(t);
    await runLxcfs(world);
    const entry = 'lxc.mount.entry = /var/lib/lxcfs/proc/meminfo proc/meminfo none bind 0 0';
    await start(world, [AUTO, entry, ...SMALL]);
    t.deepEqual(
      [await mountsAt(world, '/proc/meminfo'), await mountsAt(world, '/proc/uptime')],
      ['1', '1'],
      'an entry for one file',
    );
    await world.sh('tlxc-stop -k -n c1; rm -r lxc/c1');
    await start(world, [AUTO, 'lxc.hook.mount = /usr/share/lxcfs/lxc.mount.hook', ...SMALL]);
    t.is(await memoryOf(world), String(64 * 1024), 'the hook');
    t.is(await mountsAt(world, '/proc/meminfo'), '1');
  },
);

tested('without lxcfs, or where it is not wanted, the host is seen', async (t) => {
  const world = await makeWorld(t);
  t.is(await start(world, [AUTO, ...SMALL]), '', 'nothing is said of what nobody asked for');
  t.is(await memoryOf(world), HOST_KB);
  await runLxcfs(world);
  await world.sh('tlxc-stop -k -n c1; rm -r lxc/c1');
  await start(world, ['tlxc.mount.lxcfs = 0', ...SMALL]);
  t.is(await memoryOf(world), HOST_KB);
});

const refused = async (world: World): Promise<string> => {
  const { code, stderr } = await world.run('tlxc-start', '-n', 'c1', '-s', 'tlxc.mount.lxcfs = 1');
  return `${code} ${stderr}`;
};

tested('a container that must have it is not started without', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  t.regex(
    await refused(world),
    /^1 [^]*tlxc\.mount\.lxcfs: lxcfs does not run on this host[^]*hint: apt-get install/,
  );
  await runLxcfs(world);
  t.is(await refused(world), '0 ');
});

for (const { signal, words } of [
  { signal: 'KILL', words: /lxcfs has ended and left its mount at \/var\/lib\/lxcfs/ },
  { signal: 'STOP', words: /lxcfs at \/var\/lib\/lxcfs does not answer/ },
])
  tested(`lxcfs that got SIG${signal} keeps no container from starting, and that is said`, async (t) => {
    const world = await makeWorld(t);
    await runLxcfs(world);
    await world.sh(`kill -${signal} $(cat lxcfs.pid)`);
    const said = await start(world, [AUTO]);
    t.regex(said, words);
    // A reboot repeats the start as it was, without lxcfs.
    t.regex(said, /, then stop the container and start it$/m);
    t.is(await memoryOf(world), HOST_KB);
    await world.sh('tlxc-stop -k -n c1');
    t.regex(await refused(world), words);
    const found = (await doctor(world)).find(({ what }) => what === 'lxcfs');
    t.regex(found?.found ?? '', /^(has ended|at .* does not answer)/);
    t.regex(found?.mend ?? '', /systemctl restart lxcfs/);
    if (signal === 'STOP') await world.sh('kill -CONT $(cat lxcfs.pid)');
  });

tested('a container that reboots gets the lxcfs that runs by then', async (t) => {
  const world = await makeWorld(t);
  await runLxcfs(world);
  await start(world, [AUTO, ...SMALL]);
  await world.sh(
    'kill $(cat lxcfs.pid); until ! grep -q " /var/lib/lxcfs " /proc/self/mountinfo; do sleep 0.1; done',
  );
  t.regex(await inside(world, 'cat /proc/meminfo 2>&1; true'), /not connected/);
  await runLxcfs(world);
  const stale = (await doctor(world)).find(({ found }) =>
    found.startsWith('c1: started with one that has ended'),
  );
  t.is(stale?.mend, 'tlxc-stop -r -n c1');
  await world.sh(`${stale?.mend} && tlxc-wait -n c1 -s RUNNING -t 20`);
  t.is(await memoryOf(world), String(64 * 1024));
  t.notRegex(JSON.stringify(await doctor(world)), /started with one that has ended/);
});

users("a plain user's container sees its own", async (t) => {
  const user = await makeUser(t);
  await runLxcfs(user.world);
  await user.sh(
    "echo 'lxc.net.0.type = empty' >seed; tlxc-create -n c1 -f seed -t busybox; tlxc-start -n c1 2>&1",
  );
  const mounts = await user.sh('tlxc-attach -n c1 -- grep fuse.lxcfs /proc/self/mountinfo');
  t.regex(mounts, / \/proc\/meminfo ro,/);
  t.regex(await user.sh('tlxc-attach -n c1 -- cat /proc/meminfo'), /^MemTotal: +[1-9]/);
});

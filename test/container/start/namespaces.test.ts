/** Containers with clocks, limits and parameters of their own, or with namespaces of others. */
import { addBusybox } from '../../rig/containers.ts';
import { eventually } from '../../rig/eventually.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const needs = requires('root', 'userns', 'idmap', 'busybox');

const inside = async (world: World, line: string): Promise<string> =>
  (await world.sh(`tlxc-attach -n c1 -- sh -c '${line}'`)).trim();

needs.serial('a reboot repeats what was set for the first life', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'other', {});
  await world.sh('tlxc-start -n other');
  addBusybox(world, 'c1', {
    config: [
      'lxc.time.offset.boot = 1000h',
      'lxc.sysctl.net.ipv4.ip_default_ttl = 77',
      'lxc.prlimit.nofile = 200:300',
      'lxc.proc.oom_score_adj = 42',
      'lxc.namespace.share.uts = other',
      'lxc.uts.name =',
    ],
  });
  await world.sh('tlxc-start -n c1');
  const seen = async () => {
    const here = Number.parseFloat(await world.sh('cat /proc/uptime'));
    const told = await inside(
      world,
      'cat /proc/sys/net/ipv4/ip_default_ttl; ulimit -Hn; cat /proc/1/oom_score_adj; hostname; cat /proc/uptime',
    );
    const lines = told.split('\n');
    // Hours that it is ahead of the machine, which may run for a year.
    return [...lines.slice(0, 4), Math.round((Number.parseFloat(lines[4] ?? '') - here) / 3600)];
  };
  const first = await seen();
  t.deepEqual(first, ['77', '300', '42', 'other', 1000]);
  const pid = await world.sh('tlxc-info -n c1 -pH');
  await world.sh('tlxc-stop -n c1 -r');
  await eventually(30, async () => {
    const now = (await world.run('tlxc-info', '-n', 'c1', '-pH')).stdout;
    return /^\d+\n$/.test(now) && now !== pid ? now : undefined;
  });
  t.deepEqual(await seen(), first);
});

needs.serial('a limit of few files is no hindrance to a start or an attach', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1', { config: ['lxc.prlimit.nofile = 8', 'lxc.prlimit.fsize = 0'] });
  await world.sh('tlxc-start -n c1');
  t.is(await inside(world, 'ulimit -n'), '8');
});

const refusals: readonly (readonly [string, readonly string[], RegExp])[] = [
  [
    'a parameter with another one behind it',
    ['lxc.sysctl.kernel.shm_rmid_forced = 1+kernel.core_pattern=x'],
    /cannot set the kernel parameter \/proc\/sys\/kernel\/shm_rmid_forced[^]*EINVAL|invalid argument/,
  ],
  [
    "a parameter of the host's network",
    ['lxc.namespace.keep = net', 'lxc.sysctl.net.ipv4.ip_forward = 1'],
    /config:[\d:]+ lxc\.sysctl\.net\.ipv4\.ip_forward: .*stays in the host's net namespace/,
  ],
  [
    'a parameter that the kernel does not have',
    ['lxc.sysctl.net.ipv4.there_is_none = 1'],
    /there_is_none[^]*(no such file)/,
  ],
  [
    'a clock before zero',
    ['lxc.time.offset.boot = -100000h'],
    /cannot set the clocks[^]*lxc\.time\.offset\.boot[^]*cannot be set to before zero/,
  ],
  [
    'a container that does not run',
    ['lxc.namespace.share.net = nobody'],
    /cannot share the net namespace of nobody: no container of that name runs/,
  ],
  [
    'a process that does not exist',
    ['lxc.namespace.share.ipc = 999999999'],
    /cannot share the ipc namespace of 999999999: there is no \/proc\/999999999\/ns\/ipc/,
  ],
  [
    '/proc of the host in a user namespace',
    ['lxc.namespace.keep = pid'],
    /config:[\d:]+ lxc\.mount\.auto: a container with lxc\.idmap may not mount \/proc/,
  ],
  ['a group that is not mapped', ['lxc.init.groups = 70000'], /lxc\.init\.groups: gid 70000 is not mapped/],
  ['a file that init does not have', ['lxc.proc.bogus = 1'], /cannot write init's file \/proc\/\d+\/bogus/],
];

needs.serial('what cannot be is refused with its line, and nothing is left', async (t) => {
  const world = await makeWorld(t);
  const before = await world.sh('cat /proc/sys/kernel/core_pattern /proc/sys/net/ipv4/ip_forward');
  for (const [index, [what, config, reason]] of refusals.entries()) {
    const name = `r${index}`;
    addBusybox(world, name, { config });
    const { code, stderr } = await world.run('tlxc-start', '-n', name);
    t.is(code, 1, what);
    t.regex(stderr, reason, what);
    t.regex(stderr, /config:\d+/, what);
  }
  t.is(await world.sh('cat /proc/sys/kernel/core_pattern /proc/sys/net/ipv4/ip_forward'), before);
});

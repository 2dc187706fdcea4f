/** tlxc-cgroup: a running container's files, in the words of the world that the host has and of the other. */
import type { ExecutionContext } from 'ava';
import { readFileSync } from 'node:fs';
import { boot } from '../../effects/effect.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld } from '../../rig/world.ts';

const running = requires('root', 'userns', 'idmap', 'busybox').serial;

/** Runs tlxc-cgroup for c1 of a world. */
async function container(t: ExecutionContext, config: readonly string[] = []) {
  const world = await makeWorld(t);
  const { inside } = await boot(world, config);
  return { inside, cgroup: (...words: readonly string[]) => world.run('tlxc-cgroup', '-n', 'c1', ...words) };
}

/** The host has every controller in the unified hierarchy. */
const isV2 = !readFileSync('/proc/self/mounts', 'utf8').includes(' cgroup ');

/** The same limit in both worlds: what is written, what each file shows then. */
const LIMITS: readonly (readonly [v1: string, shown1: string, v2: string, shown2: string])[] = [
  ['memory.limit_in_bytes', '134217728', 'memory.max', '134217728'],
  ['pids.max', '200', 'pids.max', '200'],
  ['cpu.shares', '512', 'cpu.weight', '50'],
];

running(
  'a limit is written and shown in the words of either world, and it is said what was written',
  async (t) => {
    const { cgroup } = await container(t);
    for (const [v1, shown1, v2, shown2] of LIMITS) {
      const [own, ownShown, other, otherShown] = isV2 ? [v2, shown2, v1, shown1] : [v1, shown1, v2, shown2];
      const written = await cgroup(other, otherShown);
      t.is(written.code, 0, written.stderr);
      t.is(written.stderr, own === other ? '' : `${other} is ${own} here: ${ownShown} was written\n`);
      // The empty line is LXC's.
      t.is((await cgroup(own)).stdout, `${ownShown}\n\n`);
      t.is((await cgroup(other)).stdout, `${otherShown}\n\n`);
    }
    t.is((await cgroup('cpu.max', '20000 50000')).code, 0);
    t.is((await cgroup('cpu.max')).stdout, '20000 50000\n\n');
    t.is((await cgroup('cpu.cfs_quota_us')).stdout, '20000\n\n');
    t.is((await cgroup('cpu.cfs_period_us')).stdout, '50000\n\n');
  },
);

running('processors are taken and given back while it runs', async (t) => {
  const { cgroup, inside } = await container(t);
  const all =
    (await cgroup('cpuset.cpus.effective')).stdout.trim() || (await cgroup('cpuset.cpus')).stdout.trim();
  // Of all of them a command has what its caller has: the tests may be bound to some.
  const allowed = 'grep Cpus_allowed_list /proc/self/status | cut -f 2';
  const had = await inside(allowed);
  t.is((await cgroup('cpuset.cpus', '0')).code, 0);
  t.is(await inside('nproc'), '1');
  t.is((await cgroup('cpuset.cpus', all)).code, 0);
  t.is((await cgroup('cpuset.cpus')).stdout.trim(), all);
  t.is(await inside(allowed), had);
});

running('what cannot be done is said with its reason', async (t) => {
  const { cgroup } = await container(t);
  const refused = async (pattern: RegExp, ...words: readonly string[]): Promise<void> => {
    const { code, stdout, stderr } = await cgroup(...words);
    t.is(code, 1);
    t.is(stdout, '');
    t.regex(stderr, pattern);
  };
  await refused(/no memory\.of_mine: memory is cgroup v[12] here/, 'memory.of_mine');
  await refused(
    /no nothing\.at_all: no cgroup hierarchy of this host has the controller nothing\n {2}hint: tlxc-doctor tells which controllers there are/,
    'nothing.at_all',
  );
  await refused(/no name of a control group file/, '../../memory.max');
  await refused(
    /pids\.max = plenty: it must be a whole number from 0 to 4194304, or max/,
    'pids.max',
    'plenty',
  );
  await refused(/cannot write ".*7000" to .*cpuset\.cpus: value out of range/, 'cpuset.cpus', '7000');
  await refused(/one argument too many: 'b'/, 'pids.max', 'a', 'b');
  await refused(/file is missing/);
  if (isV2) await refused(/cpu\.shares = many: it must be a whole number/, 'cpu.shares', 'many');
  else await refused(/cpu\.weight = many: it must be a whole number/, 'cpu.weight', 'many');
  await refused(
    isV2 ? /swappiness for the host/ : /v1 has no such step below its limit/,
    isV2 ? 'memory.swappiness' : 'memory.high',
  );
});

running('one that does not run is said not to', async (t) => {
  const world = await makeWorld(t);
  const { code, stderr } = await world.run('tlxc-cgroup', '-n', 'nobody', 'pids.max');
  t.is(code, 1);
  t.regex(stderr, /nobody: Container is not defined/);
});

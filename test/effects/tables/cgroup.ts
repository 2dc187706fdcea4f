/** Keys of src/config/registry/cgroup.ts. That limits bite: test/system/limits.test.ts. */
import { existsSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox } from '../../rig/containers.ts';
import { eventually } from '../../rig/eventually.ts';
import type { Feature } from '../../rig/requires.ts';
import type { World } from '../../rig/world.ts';
import { boot, type Effect } from '../effect.ts';

const needs: readonly Feature[] = ['root', 'userns', 'idmap', 'busybox'];

/** The root of every hierarchy as the world sees it. */
const roots = ({ holder }: World): readonly string[] => holder.groups;

/** The groups of a process in all hierarchies, as the world sees them: "/tlxc/c1/ns". */
const groupsOf = (pid: number | string, world: World): Promise<string> =>
  world.sh(`cut -d: -f3 /proc/${pid}/cgroup | sort -u`).then((text) => text.trim());

const monitorOf = async (world: World): Promise<string> =>
  (await world.sh("pgrep -f '^.tlxc monitor. .* c1$'")).trim();

/** Whether every hierarchy has the group. */
const everywhere = (world: World, group: string): boolean =>
  roots(world).every((root) => existsSync(join(root, group)));
const nowhere = (world: World, group: string): boolean =>
  roots(world).every((root) => !existsSync(join(root, group)));

/** What a file of a group says, in whichever hierarchy has it. */
const textOf = (world: World, group: string, file: string): string | undefined =>
  roots(world)
    .map((root) => join(root, group, file))
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, 'utf8').trim())[0];

/** Removes these groups in every hierarchy. A monitor needs a moment to end after its container has. */
async function removeGroups(world: World, ...groups: readonly string[]): Promise<void> {
  for (const path of groups.flatMap((group) => roots(world).map((root) => join(root, group))))
    await eventually(30, () => Promise.resolve(removed(path)));
}

function removed(path: string): true | undefined {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') return undefined;
    throw error;
  }
}

/** A shell's way into a group of its own in each hierarchy. A new v1 cpuset has no processors yet. */
const enterOwnGroup =
  `for h in $(awk '$3 ~ /^cgroup2?$/ { print $2 }' /proc/self/mounts | sort -u); do mkdir $h/caller; ` +
  'for f in cpuset.cpus cpuset.mems; do [ ! -e $h/tasks ] || [ ! -e $h/$f ] || cat $h/$f >$h/caller/$f; done; ' +
  'echo $$ >$h/caller/cgroup.procs; done';

const exact = ['lxc.cgroup.dir.container = site/web', 'lxc.cgroup.dir.monitor = site/monitors/web'];

export const cgroup: readonly Effect[] = [
  {
    key: 'lxc.cgroup.dir',
    needs,
    seen: async (t, world) => {
      const { pid } = await boot(world, ['lxc.cgroup.dir = customers/first']);
      t.is(await groupsOf(pid, world), '/customers/first/lxc.payload.c1/ns');
      t.is(await groupsOf(await monitorOf(world), world), '/customers/first/lxc.monitor.c1');
      await world.sh('tlxc-stop -k -n c1');
      t.true(nowhere(world, 'customers/first/lxc.payload.c1'));
      await removeGroups(world, 'customers/first', 'customers');
    },
  },
  {
    key: 'lxc.cgroup.dir.container',
    needs,
    seen: async (t, world) => {
      const { pid } = await boot(world, exact);
      t.is(await groupsOf(pid, world), '/site/web/ns');
      addBusybox(world, 'c2', { config: exact });
      const { code, stderr } = await world.run('tlxc-start', '-n', 'c2');
      t.is(code, 1);
      t.regex(stderr, /cannot make the control group .*site\/web/);
      await world.sh('tlxc-stop -k -n c1');
      t.true(nowhere(world, 'site/web'));
      await removeGroups(world, 'site/monitors', 'site');
    },
  },
  {
    key: 'lxc.cgroup.dir.monitor',
    needs,
    seen: async (t, world) => {
      await boot(world, exact);
      t.is(await groupsOf(await monitorOf(world), world), '/site/monitors/web');
      await world.sh('tlxc-stop -k -n c1');
      t.true(nowhere(world, 'site/monitors/web'));
      await removeGroups(world, 'site/monitors', 'site');
    },
  },
  {
    key: 'lxc.cgroup.dir.monitor.pivot',
    needs,
    seen: async (t, world) => {
      await boot(world, ['lxc.cgroup.dir.monitor.pivot = last']);
      t.true(nowhere(world, 'last'));
      t.is(await groupsOf(await monitorOf(world), world), '/tlxc/.monitor/c1');
      await world.sh('tlxc-stop -k -n c1');
      t.true(everywhere(world, 'last/lxc.pivot'));
      await removeGroups(world, 'last/lxc.pivot', 'last');
    },
  },
  {
    key: 'lxc.cgroup.dir.container.inner',
    needs,
    seen: async (t, world) => {
      const { pid } = await boot(world, [
        ...exact,
        'lxc.cgroup.dir.container.inner = init',
        'lxc.cgroup2.pids.max = 77',
      ]);
      t.is(await groupsOf(pid, world), '/site/web/init');
      t.is(textOf(world, 'site/web', 'pids.max'), '77');
      t.is(textOf(world, 'site/web/init', 'pids.max'), 'max');
      await world.sh('tlxc-stop -k -n c1');
      await removeGroups(world, 'site/monitors', 'site');
    },
  },
  {
    key: 'lxc.cgroup.relative',
    needs,
    seen: async (t, world) => {
      addBusybox(world, 'c1', { config: ['lxc.cgroup.relative = 1', 'lxc.cgroup2.pids.max = 66'] });
      await world.sh(`${enterOwnGroup}; exec tlxc-start -n c1`);
      const pid = (await world.sh('tlxc-info -n c1 -pH')).trim();
      t.is(await groupsOf(pid, world), '/caller/tlxc/c1/ns');
      t.is(textOf(world, 'caller/tlxc/c1', 'pids.max'), '66');
      await world.sh('tlxc-stop -k -n c1');
      await removeGroups(world, 'caller/tlxc/.monitor', 'caller/tlxc', 'caller');
    },
  },
  {
    key: 'lxc.cgroup.*',
    needs,
    seen: async (t, world) => {
      await boot(world, ['lxc.cgroup.cpu.shares = 512', 'lxc.cgroup.memory.limit_in_bytes = 64M']);
      t.is((await world.sh('tlxc-cgroup -n c1 cpu.shares')).trim(), '512');
      t.is((await world.sh('tlxc-cgroup -n c1 memory.limit_in_bytes')).trim(), '67108864');
    },
  },
  {
    key: 'lxc.cgroup2.*',
    needs,
    seen: async (t, world) => {
      await boot(world, ['lxc.cgroup2.cpu.max = 20000 50000', 'lxc.cgroup2.pids.max = 99']);
      t.is((await world.sh('tlxc-cgroup -n c1 cpu.max')).trim(), '20000 50000');
      t.is((await world.sh('tlxc-cgroup -n c1 pids.max')).trim(), '99');
    },
  },
];

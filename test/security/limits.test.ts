/** Limits and device lists lie outside of what a container's root can reach. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';
import { createContainer } from './attacks.ts';

const limited = requires('root', 'userns', 'idmap', 'busybox');

const MEMORY = 64 * 1024 * 1024;
const LIMITS = [
  `lxc.cgroup.memory.limit_in_bytes = ${MEMORY}`,
  `lxc.cgroup2.memory.max = ${MEMORY}`,
  'lxc.cgroup.pids.max = 50',
  'lxc.cgroup2.pids.max = 50',
];

/** Values that a container's root would like to have in files of these names. */
const WISHES: Readonly<Record<string, string>> = {
  'memory.limit_in_bytes': '-1',
  'memory.max': 'max',
  'pids.max': 'max',
  'devices.allow': 'a',
  'cpuset.cpus': '0',
  'cgroup.freeze': '0',
};

/** The limits as they are outside: FILE and its text. */
function outer(world: World): Map<string, string> {
  const groups = world.holder.groups.flatMap((group) => [join(group, 'tlxc/c1'), join(group, 'rig/tlxc/c1')]);
  const files = groups.flatMap((group) =>
    ['memory.limit_in_bytes', 'memory.max', 'pids.max', 'devices.list'].map((name) => join(group, name)),
  );
  return new Map(files.filter(existsSync).map((file) => [file, readFileSync(file, 'utf8')]));
}

for (const profile of ['u2', 'p3', 'full'] as const) {
  limited(`${profile}: no limit is lifted from inside`, async (t) => {
    const world = await makeWorld(t);
    await createContainer(world, 'c1', profile, { config: LIMITS });
    await world.sh('tlxc-start -n c1');
    const before = outer(world);
    t.true([...before.values()].includes(`${MEMORY}\n`) && [...before.values()].includes('50\n'));
    const wishes = Object.entries(WISHES).map(
      ([file, wish]) =>
        `find /sys/fs/cgroup /mine -name ${file} 2>/dev/null | while read f; do echo ${wish} > $f; done`,
    );
    const attack = [
      'mkdir -p /mine',
      'for c in memory pids devices; do mkdir /mine/$c; mount -t cgroup -o $c none /mine/$c; done',
      'mkdir /mine/v2; mount -t cgroup2 none /mine/v2; mount -o remount,rw /sys/fs/cgroup',
      // Out of the group: to what may be the root of the hierarchy, or a parent.
      'for f in $(find /sys/fs/cgroup /mine -maxdepth 2 -name cgroup.procs); do echo $$ > $f; done',
      'for c in /sys/fs/cgroup/* /mine/*; do echo $$ > $c/../cgroup.procs; echo $$ > $c/tasks; done',
      ...wishes,
    ];
    await world.run('tlxc-attach', '-n', 'c1', '--', 'sh', '-c', `(${attack.join('\n')}\n) 2>/dev/null`);
    t.deepEqual(outer(world), before);
    const hog = await world.run(
      'tlxc-attach',
      '-n',
      'c1',
      '--',
      'dd',
      'if=/dev/zero',
      'of=/dev/null',
      'bs=200M',
      'count=1',
    );
    t.not(hog.code, 0, 'a process took more memory than the container has');
    const bomb = 'i=0; while [ $i -lt 80 ]; do sleep 5 & i=$((i+1)); done; echo all';
    const forked = await world.run('tlxc-attach', '-n', 'c1', '--', 'sh', '-c', bomb);
    t.notRegex(forked.stdout, /all/);
    const state = await world.sh('tlxc-info -n c1 -sH');
    t.is(state, 'RUNNING\n');
  });
}

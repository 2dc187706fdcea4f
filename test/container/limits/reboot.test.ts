/** A reboot begins a container anew, and not its limits: what they are was said outside of it. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { addBusybox, type ContainerOptions } from '../../rig/containers.ts';
import { eventually } from '../../rig/eventually.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const running = requires('root', 'userns', 'idmap', 'busybox').serial;

async function started(t: ExecutionContext, options: ContainerOptions = {}): Promise<World> {
  const world = await makeWorld(t);
  addBusybox(world, 'c1', options);
  await world.sh('tlxc-start -n c1');
  return world;
}

const file = async (world: World, name: string): Promise<string> =>
  (await world.sh(`tlxc-cgroup -n c1 ${name}`)).trim();

const reboot = (world: World): Promise<string> => world.sh('tlxc-stop -n c1 -r -t 60');

/** As a process of the container does it that may. */
async function rebootFromInside(world: World): Promise<void> {
  const init = (): Promise<string> => world.sh('tlxc-info -n c1 -p -H 2>/dev/null || true');
  const before = await init();
  await world.run('tlxc-attach', '-n', 'c1', '--', 'reboot', '-f');
  await eventually(30, async () => {
    const now = await init();
    return (now.trim() !== '' && now !== before) || undefined;
  });
}

interface Group {
  readonly version: number;
  readonly mountPoint: string;
  readonly controllers: readonly string[];
  readonly limitGroup: string;
  readonly innerGroup: string;
}

function groupsOf(world: World): readonly Group[] {
  const [key = ''] = readdirSync(world.runDir).filter((each) => existsSync(join(world.runDir, each, 'c1')));
  const instance = readFileSync(join(world.runDir, key, 'c1/instance.json'), 'utf8');
  return (JSON.parse(instance) as { cgroups: readonly Group[] }).cgroups;
}

for (const privileged of [true, false])
  running(
    `${privileged ? 'a privileged' : 'an unprivileged'} container keeps what was set while it ran`,
    async (t) => {
      const world = await started(t, {
        privileged,
        config: ['lxc.cgroup2.memory.max = 512M', 'lxc.cgroup2.pids.max = 400'],
      });
      await world.sh('tlxc-set -n c1 memory=96M');
      await world.sh('tlxc-set -n c1 --now pids=77');
      await world.sh('tlxc-set -n c1 --saved cpus=1.5');
      await world.sh('tlxc-cgroup -n c1 cpu.weight 50');
      for (const again of [reboot, rebootFromInside, reboot]) {
        await again(world);
        t.is(await file(world, 'memory.max'), String(96 << 20));
        t.is(await file(world, 'pids.max'), '77');
        t.is(await file(world, 'cpu.weight'), '50');
        t.regex(await file(world, 'cpu.max'), /^max /, "what was saved for the next start is no reboot's");
        t.is((await world.sh('tlxc-attach -n c1 -- sh -c "echo it runs"')).trim(), 'it runs');
      }
      t.false(groupsOf(world).some(({ limitGroup }) => limitGroup.endsWith('-1')));
      await world.sh('tlxc-stop -n c1 -k; tlxc-start -n c1');
      t.is(await file(world, 'memory.max'), String(96 << 20), 'it was saved');
      t.is(await file(world, 'pids.max'), '400', 'it was not');
      t.is(await file(world, 'cpu.max'), '150000 100000');
    },
  );

const numberOf = (disk: string): string => readFileSync(`/sys/block/${disk}/dev`, 'utf8').trim();

/** A disk that the kernel throttles. */
const DISK = readdirSync('/sys/block').find((each) => /^(sd|vd|nvme|xvd|loop)/.test(each));

running('a throttle holds where the new processes are', async (t) => {
  if (DISK === undefined) return t.pass('this machine has no disk');
  const world = await started(t);
  const number = numberOf(DISK);
  await world.sh(`tlxc-set -n c1 --now read=${number}:1M write=${number}:2M`);
  await reboot(world);
  for (const each of ['rbps=1048576', 'wbps=2097152']) t.true((await file(world, 'io.max')).includes(each));
  const v1 = groupsOf(world).find(
    ({ version, controllers }) => version === 1 && controllers.includes('blkio'),
  );
  if (v1) {
    const inner = join(v1.mountPoint, v1.innerGroup, 'blkio.throttle.read_bps_device');
    t.is(await world.sh(`cat ${inner}`), `${number} 1048576\n`);
  }
});

running('what is set between two runs of a reboot holds in the next', async (t) => {
  const world = await makeWorld(t);
  const [hook, between, go] = ['hook', 'between', 'go'].map((each) => join(world.dir, each)) as [
    string,
    string,
    string,
  ];
  writeFileSync(hook, `#!/bin/sh\n: >${between}; until [ -e ${go} ]; do sleep 0.05; done\n`, { mode: 0o755 });
  addBusybox(world, 'c1', { config: [`lxc.hook.post-stop = ${hook}`] });
  await world.sh('tlxc-start -n c1; tlxc-stop -n c1 -r -W');
  await eventually(30, () => Promise.resolve(existsSync(between) || undefined));
  const disk = DISK === undefined ? [] : [`read=${numberOf(DISK)}:1M`];
  t.like(await world.run('tlxc-set', '-n', 'c1', '--now', 'memory=96M', 'cpuset=0', ...disk), {
    code: 0,
    stderr: '',
  });
  writeFileSync(go, '');
  await world.sh('tlxc-wait -n c1 -s RUNNING -t 30');
  t.is(await file(world, 'memory.max'), String(96 << 20));
  t.is(
    (await world.sh('tlxc-attach -n c1 -- grep Cpus_allowed_list /proc/self/status')).split(/\s+/)[1],
    '0',
  );
  if (disk.length > 0) t.true((await file(world, 'io.max')).includes('rbps=1048576'));
});

running('what a container makes of its own groups is gone with them', async (t) => {
  const world = await started(t, { privileged: true });
  const places = groupsOf(world).map(({ mountPoint, innerGroup }) => join(mountPoint, innerGroup));
  for (const place of places) await world.sh(`mkdir -p ${place}/of-its-own/deep`);
  await world.sh('tlxc-set -n c1 --now pids=99');
  await reboot(world);
  for (const place of places) await world.sh(`test -d ${place} && test ! -e ${place}/of-its-own`);
  t.is(await file(world, 'pids.max'), '99');
});

running(
  'the device list is the configuration again: what was given is closed, what was taken is open',
  async (t) => {
    const list = [
      'lxc.cgroup2.devices.deny = a',
      ...['1:3', '1:8', '5:*'].map((each) => `lxc.cgroup2.devices.allow = c ${each} rwm`),
    ];
    const world = await started(t, { privileged: true, config: list });
    const can = (number: string): Promise<string> =>
      world.sh(
        `tlxc-attach -n c1 -- sh -c 'rm -f /tmp/n; mknod /tmp/n c ${number.replace(':', ' ')} 2>/dev/null && head -c 1 /tmp/n >/dev/null 2>&1 && echo yes || echo no'`,
      );
    for (const round of ['started', 'rebooted', 'rebooted again']) {
      t.is((await can('1:7')).trim(), 'no', round);
      t.is((await can('1:8')).trim(), 'yes', round);
      t.is((await world.run('tlxc-device', '-n', 'c1', 'add', '/dev/full', '/dev/given')).code, 0);
      t.is((await can('1:7')).trim(), 'yes', round);
      t.is((await world.run('tlxc-device', '-n', 'c1', 'del', '/dev/random')).code, 0);
      t.is((await can('1:8')).trim(), 'no', round);
      await reboot(world);
    }
  },
);

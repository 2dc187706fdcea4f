/** A start that fails says where and why, and leaves nothing. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { StartPlan } from '../../src/plan/types.ts';
import { requires } from '../rig/requires.ts';
import { bind, filesystem, makePlan, ORIGIN } from './plan.ts';
import { makePlace, runPlan, script } from './run.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');
const [ENOENT, ENODEV, EINVAL] = [2, 19, 22];

/** What makes a plan fail, and what is to be said of it. "ROOTFS" stands for the root filesystem. */
const cases: Record<string, { change: (plan: StartPlan) => void; said: Record<string, unknown> }> = {
  'a source that does not exist': {
    change: (plan) => void plan.tree.push(bind('/nonexistent', 'mnt')),
    said: { step: 'mount', syscall: 'open_tree', errno: ENOENT, path: '/nonexistent', ...ORIGIN },
  },
  'a target that does not exist': {
    change: (plan) => void plan.tree.push(bind('/etc', 'no/such')),
    said: { step: 'mount', syscall: 'openat2', errno: ENOENT, path: 'ROOTFS/no/such', ...ORIGIN },
  },
  'an unknown filesystem': {
    change: (plan) => void plan.tree.push(filesystem('nosuchfs', 'mnt')),
    said: {
      step: 'mount',
      syscall: 'fsopen',
      errno: ENODEV,
      path: 'ROOTFS/mnt',
      detail: 'filesystem nosuchfs',
    },
  },
  "an option that the kernel refuses, in the kernel's words": {
    change: (plan) => void plan.tree.push(filesystem('tmpfs', 'mnt', { options: ['colour=red'] })),
    said: { step: 'mount', errno: EINVAL, path: 'ROOTFS/mnt', detail: "tmpfs: Unknown parameter 'colour'" },
  },
  'a root filesystem that does not exist': {
    change: (plan) => void (plan.rootfs.source = '/nonexistent/rootfs'),
    said: { step: 'rootfs', errno: ENOENT, path: '/nonexistent/rootfs', key: 'lxc.rootfs.path', line: 1 },
  },
  'a filesystem that cannot be idmapped': {
    change: (plan) => void (plan.rootfs.source = '/proc'),
    said: {
      step: 'rootfs idmap',
      syscall: 'mount_setattr',
      errno: EINVAL,
      path: '/proc',
      key: 'lxc.rootfs.path',
    },
  },
  'an init that does not exist': {
    change: (plan) => void (plan.init.argv = ['/sbin/nosuch']),
    said: {
      step: 'init',
      syscall: 'execve',
      errno: ENOENT,
      path: '/sbin/nosuch',
      key: 'lxc.init.cmd',
      line: 9,
    },
  },
  'a hook that fails': {
    change: (plan) =>
      void plan.hooks.mount.push({ argv: ['/bin/sh', '-c', 'exit 3'], timeoutMs: 60_000, origin: ORIGIN }),
    said: { step: 'hook mount', errno: 0, path: '/bin/sh', detail: 'exit 3', ...ORIGIN },
  },
  'a start hook that fails, inside': {
    change: (plan) =>
      void plan.hooks.start.push({ argv: ['/bin/sh', '-c', 'exit 4'], timeoutMs: 60_000, origin: ORIGIN }),
    said: { step: 'hook start', errno: 0, detail: 'exit 4', ...ORIGIN },
  },
  'an id map that the kernel refuses': {
    change: (plan) => plan.idmap.forEach((entry) => (entry.outside = 4_294_967_000)),
    said: { step: 'idmap', syscall: 'write', errno: EINVAL, ...ORIGIN },
  },
};

for (const [title, { change, said }] of Object.entries(cases)) {
  rooted(`${title} is named, and nothing is left`, async (t) => {
    const place = makePlace(t);
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
    const { failure } = await runPlan(makePlan({ ...place, argv: script('true'), change }), place.rootfs);
    const text = JSON.stringify(said).replaceAll('ROOTFS', place.rootfs);
    t.like(failure, JSON.parse(text) as object);
    t.is(readFileSync('/proc/self/mountinfo', 'utf8'), mounts);
    t.deepEqual(
      readdirSync(join(place.scratch, 'run')).filter((name) => name !== 'monitor.lock'),
      [],
    );
  });
}

const grouped = requires('root', 'userns', 'idmap', 'busybox', 'cgroup1');

grouped('control groups go with a start that fails', async (t) => {
  const place = makePlace(t);
  const mountPoint = '/sys/fs/cgroup/pids';
  if (!existsSync(join(mountPoint, 'cgroup.procs'))) return t.pass('no pids hierarchy of version 1');
  const group = basename(place.scratch);
  mkdirSync(join(mountPoint, group));
  t.teardown(() => rmdirSync(join(mountPoint, group)));
  const change = (plan: StartPlan) => {
    plan.cgroups.hierarchies.push({
      ...{ version: 1, mountPoint, controllers: ['pids'], monitorGroup: '', delegatedFiles: [] },
      ...{
        limitGroup: `${group}/x1`,
        innerGroup: `${group}/x1/ns`,
        pivotGroup: '',
        innerSettings: [],
        innerFiles: [],
      },
      settings: [{ file: 'pids.max', value: '100', origin: ORIGIN }],
    });
    plan.init.argv = ['/sbin/nosuch'];
  };
  const { failure } = await runPlan(makePlan({ ...place, argv: [], change }));
  t.is(failure?.step, 'init');
  const left = readdirSync(join(mountPoint, group), { withFileTypes: true }).filter((each) =>
    each.isDirectory(),
  );
  t.deepEqual(left, []);
});

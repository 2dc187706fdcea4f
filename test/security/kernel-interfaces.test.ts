/** What the kernel has for the whole host: a container's root tries all of it, with every trick to get it back. */
import { existsSync, readFileSync } from 'node:fs';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';
import { createContainer, type Profile } from './attacks.ts';

const filtered = requires('root', 'userns', 'idmap', 'busybox', 'seccomp');

/** MAJOR:MINOR of every block device of the host. */
const disks = readFileSync('/proc/partitions', 'utf8')
  .split('\n')
  .slice(2)
  .filter((line) => line.trim() !== '')
  .map((line) => line.trim().split(/\s+/).slice(0, 2).join(':'));

/** The attempts that succeed, and that they show nothing but the container's own. */
const GRANTED: Readonly<Record<Exclude<Profile, 'full'>, readonly string[]>> = {
  u2: [
    ...['open /dev/null', 'read /proc/self/status', 'AF_UNIX', 'AF_NETLINK/route'].map(
      (name) => `control ${name}`,
    ),
    // Formats of its own user namespace, since Linux 6.7.
    'mount binfmt_misc',
    'nested unshare',
    // Keys of its own user namespace: it made the mount that covered them, and may take it off.
    'undone-read /proc/keys',
  ],
  p3: [
    ...['open /dev/null', 'read /proc/self/status', 'AF_UNIX', 'AF_NETLINK/route'].map(
      (name) => `control ${name}`,
    ),
    'device null',
    'nested unshare',
  ],
};

for (const profile of ['u2', 'p3'] as const) {
  filtered(`${profile}: knobs, secrets, filesystems, calls, sockets and devices of the host`, async (t) => {
    const world = await makeWorld(t);
    await createContainer(world, 'c1', profile, { attacks: ['probe'] });
    await world.sh('tlxc-start -n c1');
    const probe = await world.run('tlxc-attach', '-n', 'c1', '--', '/probe', ...disks);
    t.is(probe.stderr, '');
    const tried = probe.stdout.trim().split('\n');
    const granted = tried.filter((line) => line.endsWith(': OK')).map((line) => line.slice(0, -4));
    const unexpected = granted.filter((line) => !GRANTED[profile].includes(line));
    t.deepEqual(unexpected, []);
    // Most of these the kernel would refuse, too, for want of a capability or of what is built in: here the filter does, and
    // says what makes programs fall back.
    const passed = tried.filter((line) => /^(call|socket|i386) /.test(line) && !line.endsWith(': ENOSYS'));
    t.deepEqual(passed, ['socket AF_NETLINK/audit: EPROTONOSUPPORT']);
    for (const kind of ['control', 'call', 'socket', 'device', 'nested-write', 'undone-read', 'fresh-write'])
      t.true(
        tried.some((line) => line.startsWith(`${kind} `)),
        `${kind} was tried`,
      );
    for (const line of GRANTED[profile].filter((name) => name.startsWith('control')))
      t.true(granted.includes(line), line);
  });
}

/** What common.conf hides and holds, whether or not this kernel would let anybody have it. */
const MASKED = [
  ...['kcore', 'keys', 'key-users', 'timer_list', 'sched_debug', 'slabinfo', 'kpagecount', 'kpageflags'],
  ...['kpagecgroup', 'vmallocinfo', 'kallsyms', 'config.gz', 'latency_stats', 'scsi'],
].map((name) => `/proc/${name}`);
const MASKED_IN_SYS = [
  ...['firmware', 'kernel/debug', 'kernel/tracing', 'kernel/security', 'fs/bpf', 'devices/virtual/powercap'],
].map((name) => `/sys/${name}`);
const HELD = ['irq', 'bus', 'fs', 'acpi', 'mtrr', 'sysrq-trigger', 'sys'].map((name) => `/proc/${name}`);

filtered('p3: what the kernel shows of the host is covered, and its knobs are read-only', async (t) => {
  const world = await makeWorld(t);
  await createContainer(world, 'c1', 'p3');
  await world.sh('tlxc-start -n c1');
  const mountinfo = await world.sh('tlxc-attach -n c1 -- cat /proc/self/mountinfo');
  const mounts = new Map(
    mountinfo.split('\n').map((line) => {
      const [, , , , point = '', options = ''] = line.split(' ');
      return [point, { options, filesystem: / - (\S+)/.exec(line)?.[1] }];
    }),
  );
  const there = (paths: readonly string[]) => paths.filter((path) => existsSync(path));
  for (const path of there([...MASKED, ...MASKED_IN_SYS])) {
    t.is(mounts.get(path)?.filesystem, 'tmpfs', path);
    t.regex(mounts.get(path)?.options ?? '', /^ro,/, path);
  }
  for (const path of there(HELD)) t.regex(mounts.get(path)?.options ?? '', /^ro,/, path);
  t.true(there(MASKED).length > 5 && there(MASKED_IN_SYS).length > 0 && there(HELD).length > 3);
});

filtered('no-nesting.conf: no user namespace inside, neither by a call nor by a program', async (t) => {
  const world = await makeWorld(t);
  const config = ['lxc.include = /usr/share/tlxc/config/no-nesting.conf'];
  await createContainer(world, 'c1', 'u2', { attacks: ['probe'], config });
  await world.sh('tlxc-start -n c1');
  const probe = await world.sh('tlxc-attach -n c1 -- /probe');
  t.regex(probe, /^nested unshare: ENOSPC$/m);
  t.regex(probe, /^control AF_UNIX: OK$/m);
  t.is((await world.run('tlxc-attach', '-n', 'c1', '--', 'unshare', '-U', 'true')).code, 1);
});

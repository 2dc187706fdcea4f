/** The same mount lines give the same mounts under Debian's lxc and here. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { addBusybox, unprivilegedBase } from '../rig/containers.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const compared = requires('root', 'lxc', 'busybox');

/** Mounts of the host's: one that is shared, with another below it, and one that forbids much. */
const SOURCES =
  'mkdir src strict; mount -t tmpfs src src; mkdir src/sub; mount --make-shared src; mount -t tmpfs sub src/sub; ' +
  'mount -t tmpfs -o ro,nosuid,nodev,noexec strict strict; ' +
  // The ids that lxc gives, in this world alone.
  `echo root:${unprivilegedBase}:65536 > ids; mount --bind ids /etc/subuid; mount --bind ids /etc/subgid`;

/** Of each mount whose point is in `points`: its attributes, whether it gives and takes propagation, its filesystem. */
function described(mountinfo: string, points: RegExp): readonly string[] {
  return mountinfo
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, , , , point = '']) => points.test(point))
    .map(([, , , , point, attributes, ...rest]) => {
      const [fstype, , superblock] = rest.slice(rest.indexOf('-') + 1);
      const kinds = rest.slice(0, rest.indexOf('-')).map((field) => field.replace(/:\d+/, ''));
      return [point, attributes, kinds.join('+'), fstype, superblock].join(' ');
    })
    .sort();
}

interface Case {
  readonly lines: readonly string[];
  readonly points: RegExp;
  readonly privileged?: boolean;
}

/** What is mounted at the points in a container with these lines, which both tools start from one configuration. */
async function underBoth(
  t: ExecutionContext,
  { lines, points, privileged = true }: Case,
): Promise<Record<'lxc' | 'tlxc', readonly string[]>> {
  const world = await makeWorld(t);
  await world.sh(SOURCES);
  const config = lines.map((line) => line.replaceAll('HERE', world.dir));
  addBusybox(world, 'c1', { privileged, config });
  const seen = {
    lxc: described(await mountsUnder('lxc', world), points),
    tlxc: described(await mountsUnder('tlxc', world), points),
  };
  await world.sh('umount src/sub src strict /etc/subuid /etc/subgid');
  return seen;
}

async function mountsUnder(tool: 'lxc' | 'tlxc', world: World): Promise<string> {
  const command = ['/bin/sh', '-c', 'cat /proc/self/mountinfo > /seen'];
  await world.run(`${tool}-start`, '-P', world.lxcpath, '-n', 'c1', '-F', '--', ...command);
  const file = join(world.lxcpath, 'c1/rootfs/seen');
  const text = readFileSync(file, 'utf8');
  rmSync(file);
  return text;
}

const ENTRIES = [
  'tmpfs 00 tmpfs ro,nosuid,size=1M',
  'tmpfs 01 tmpfs noatime,nodiratime,mode=700',
  'tmpfs 02 tmpfs strictatime,nodev,exec',
  'tmpfs 03 tmpfs noexec,exec,nosuid,suid,ro,rw',
  'tmpfs 04 tmpfs remount,ro',
  'tmpfs 05 tmpfs slave',
  'proc 06 proc nodev,noexec,nosuid',
  'sysfs 07 sysfs ro',
  'mqueue 08 mqueue defaults,optional',
  'HERE/src 10 none bind',
  'HERE/src 11 none bind,ro,nodev',
  'HERE/src 12 none rbind',
  'HERE/src 13 none rbind,ro,rprivate',
  'HERE/src 14 none bind,private',
  'HERE/src 15 none rbind,rslave',
  'HERE/src 16 none bind,shared',
  'HERE/src 17 none rbind,rshared',
  'HERE/src/sub 18 none bind,ro,noatime',
  'HERE/strict 20 none bind',
  'HERE/strict 21 none bind,rw,exec,suid',
  'HERE/strict 22 none bind,dev',
  'HERE/strict 23 none rbind,ro,slave',
  'etc 30 none bind,relative,private',
  '/no/such 31 none bind,optional',
  'nonsense 32 nonsense optional',
  'HERE/lxc/c1/config a/b/33 none bind,create=file',
  'tmpfs HERE/lxc/c1/rootfs/34 tmpfs size=2M',
  'tmpfs /elsewhere tmpfs size=2M',
  'HERE/src with\\040blank none bind',
];

compared('entries: attributes, propagation, filesystem, superblock', async (t) => {
  const lines = ENTRIES.map(
    (entry) => `lxc.mount.entry = ${entry}${entry.includes('create=') ? '' : ',create=dir'} 0 0`,
  );
  const { lxc, tlxc } = await underBoth(t, { lines, points: /^\/(\d\d|a\/b|with|elsewhere)/ });
  t.deepEqual(tlxc, lxc);
  t.is(lxc.length, 30);
});

compared('entries of an unprivileged container', async (t) => {
  const entries = [
    ...ENTRIES.slice(0, 5),
    ...ENTRIES.filter((entry) => /rbind|strict /.test(entry) && !/22|11/.test(entry)),
  ];
  const lines = entries.map((entry) => `lxc.mount.entry = ${entry},create=dir 0 0`);
  const { lxc, tlxc } = await underBoth(t, { lines, points: /^\/\d\d/, privileged: false });
  t.deepEqual(tlxc, lxc);
  t.is(lxc.length, 16);
});

for (const cgroup of ['cgroup:mixed', 'cgroup:mixed:force', 'cgroup:ro:force', 'cgroup-full:rw:force']) {
  compared(`lxc.mount.auto = proc:rw sys:ro ${cgroup}`, async (t) => {
    const lines = [`lxc.mount.auto = proc:rw sys:ro ${cgroup}`];
    const { lxc, tlxc } = await underBoth(t, { lines, points: /^\/(proc$|sys\/fs\/cgroup)/ });
    t.deepEqual(tlxc, lxc);
  });
}

compared('lxc.mount.auto = shmounts: a tunnel that takes and does not give', async (t) => {
  const { lxc, tlxc } = await underBoth(t, {
    lines: ['lxc.mount.auto = shmounts:HERE/src'],
    points: /^\/dev\/\.lxc-mounts$/,
  });
  t.deepEqual(tlxc, lxc);
  t.deepEqual(lxc, ['/dev/.lxc-mounts rw,relatime master tmpfs rw']);
});

/** Keys of src/config/registry/storage.ts about mounts. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { World } from '../../rig/world.ts';
import { runLxcfs } from '../../rig/lxcfs.ts';
import { boot, type Effect } from '../effect.ts';

const needs = ['root', 'userns', 'idmap', 'busybox'] as const;

/** A line that prints options and type of what is mounted there. */
const mountAt = (path: string): string => `awk '$2 == "${path}" { print $4, $3 }' /proc/mounts`;

/** A directory of the host with a file in it that everybody may read. */
async function hostDirectory(world: World): Promise<string> {
  await world.sh('mkdir -m 755 host; echo of the host > host/file');
  return join(world.dir, 'host');
}

export const mounts: readonly Effect[] = [
  {
    key: 'lxc.mount.auto',
    needs,
    seen: async (t, world) => {
      await world.sh('mkdir tunnel; mount --bind tunnel tunnel; mount --make-shared tunnel');
      const auto = `lxc.mount.auto = proc:rw sys:rw cgroup2:ro shmounts:${world.dir}/tunnel:/tunnel`;
      const { inside } = await boot(world, [auto]);
      t.regex(await inside(mountAt('/proc')), /^rw,nosuid,nodev,noexec.* proc$/);
      t.is(await inside(mountAt('/proc/sys')), '');
      t.regex(await inside(mountAt('/sys')), /^rw,.* sysfs$/);
      t.regex(await inside(mountAt('/sys/fs/cgroup')), /^ro,.* cgroup2$/);
      await world.sh('mkdir tunnel/late; mount -t tmpfs late tunnel/late; echo through > tunnel/late/file');
      t.is(await inside('cat /tunnel/late/file'), 'through', 'mounted on the host while the container runs');
      await inside('mount -t tmpfs back /tunnel');
      t.notRegex(await world.sh('cat /proc/self/mountinfo'), / back /, 'nothing comes back');
      await world.sh('umount tunnel/late; tlxc-stop -k -n c1; umount tunnel');
    },
  },
  {
    key: 'lxc.mount.entry',
    needs,
    seen: async (t, world) => {
      const host = await hostDirectory(world);
      const { inside } = await boot(world, [
        `lxc.mount.entry = ${host} srv/a\\040b none bind,ro,nosuid,create=dir 0 0`,
        `lxc.mount.entry = ${host}/file etc/one none bind,create=file 0 0`,
        'lxc.mount.entry = tmpfs mnt tmpfs size=1M,mode=700,sync,noexec 0 0',
        'lxc.mount.entry = none mnt none remount,ro 0 0',
        'lxc.mount.entry = etc opt none rbind,relative,create=dir 0 0',
        'lxc.mount.entry = /no/such var none bind,optional 0 0',
        `lxc.mount.entry = ${host} loose none bind,create=dir,unbindable 0 0`,
      ]);
      t.regex(await inside("grep 'a.040b' /proc/mounts"), / ro,nosuid,/);
      t.is(await inside('cat "/srv/a b/file" /etc/one /opt/one'), 'of the host\n'.repeat(3).trim());
      t.regex(await inside(mountAt('/mnt')), /^ro,sync,noexec,.*size=1024k,mode=700.* tmpfs$/);
      t.regex(await inside('mount --bind /loose /tmp 2>&1; true'), /Invalid argument/);
    },
  },
  {
    key: 'lxc.mount.fstab',
    needs,
    seen: async (t, world) => {
      const fstab = '# a comment\n\ntmpfs mnt tmpfs size=2M 0 0\n';
      writeFileSync(join(world.dir, 'fstab'), fstab);
      const entry = 'lxc.mount.entry = none mnt none remount,bind,noexec 0 0';
      const { inside } = await boot(world, [entry, `lxc.mount.fstab = ${world.dir}/fstab`]);
      t.regex(await inside(mountAt('/mnt')), /^rw,noexec,.*size=2048k/, 'before the entries');
    },
  },
  {
    key: 'tlxc.mount.base',
    needs,
    seen: async (t, world) => {
      const base = 'tlxc.mount.base = tmpfs mnt tmpfs size=3M 0 0';
      const entry = 'lxc.mount.entry = none mnt none remount,bind,noexec 0 0';
      const { inside } = await boot(world, [entry, base]);
      t.regex(await inside(mountAt('/mnt')), /^rw,noexec,.*size=3072k/, 'before the entries');
    },
  },
  {
    key: 'tlxc.mount.lxcfs',
    needs: [...needs, 'lxcfs'],
    seen: async (t, world) => {
      await runLxcfs(world);
      const { inside } = await boot(world, ['tlxc.mount.lxcfs = auto']);
      t.regex(await inside(mountAt('/proc/uptime')), /^ro,nosuid,nodev,noexec.* fuse\.lxcfs$/);
    },
  },
  {
    key: 'tlxc.mount.masked',
    needs,
    seen: async (t, world) => {
      const { inside } = await boot(world, ['tlxc.mount.masked = /proc/version /etc/passwd /no/such']);
      t.is(await inside('cat /proc/version /etc/passwd | wc -c'), '0');
      t.regex(await inside('(echo x > /etc/passwd) 2>&1; true'), /Read-only file system/);
    },
  },
  {
    key: 'tlxc.mount.readonly',
    needs,
    seen: async (t, world) => {
      const { inside } = await boot(world, ['tlxc.mount.readonly = /etc /no/such']);
      t.regex(await inside('touch /etc/new 2>&1; true'), /Read-only file system/);
      t.is(await inside('touch /new'), '');
    },
  },
];

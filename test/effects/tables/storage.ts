/** Keys of src/config/registry/storage.ts about the root filesystem; those about mounts are in mounts.ts. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox } from '../../rig/containers.ts';
import { eventually } from '../../rig/eventually.ts';
import { boot, type Effect } from '../effect.ts';

const needs = ['root', 'userns', 'idmap', 'busybox'] as const;

/** What the container's root filesystem is: its attributes, its type and its source. */
const ROOT = `awk '$2 == "/" { print $4, $3, $1 }' /proc/mounts`;

export const storage: readonly Effect[] = [
  {
    key: 'lxc.rootfs.path',
    needs: [...needs, 'loop'],
    seen: async (t, world) => {
      const image = join(world.dir, 'image');
      addBusybox(world, 'model');
      const files = join(world.lxcpath, 'model/rootfs');
      await world.sh(`truncate -s 16M ${image}; mkfs.ext4 -q -d ${files} ${image}`);
      const { inside } = await boot(world, [`lxc.rootfs.path = loop:${image}`]);
      t.regex(await inside(ROOT), /^rw,.* ext4 \/dev\/loop\d+$/);
      t.is(await inside('touch /made; stat -c %u /made'), '0', 'ids are mapped');
      await world.sh('tlxc-stop -k -n c1');
      await eventually(30, async () => (await world.sh(`losetup -j ${image}`)) === '');
      t.regex(await world.sh(`debugfs -R 'stat /made' ${image} 2>/dev/null`), /User: +0 /);
    },
  },
  {
    key: 'lxc.rootfs.mount',
    needs,
    seen: async (t, world) => {
      const place = join(world.dir, 'assembled');
      const hook = `sh -c "grep -c ' ${place} ' /proc/self/mountinfo > ${world.dir}/seen; echo \\$LXC_ROOTFS_MOUNT >> ${world.dir}/seen"`;
      await boot(world, [`lxc.rootfs.mount = ${place}`, `lxc.hook.mount = ${hook}`], { privileged: true });
      t.is(readFileSync(join(world.dir, 'seen'), 'utf8'), `1\n${place}\n`);
    },
  },
  {
    key: 'lxc.rootfs.options',
    needs,
    seen: async (t, world) => {
      const options = 'lxc.rootfs.options = ro,noatime,nosuid,idmap=container';
      const { inside } = await boot(world, [options]);
      t.regex(await inside(ROOT), /^ro,nosuid,nodev,noatime[, ]/);
      t.regex(await inside('touch /made 2>&1; stat -c %u /bin/busybox'), /Read-only file system\n0$/);
    },
  },
  {
    key: 'lxc.rootfs.options',
    where: 'with rshared, as all mounts of a container are',
    needs,
    seen: async (t, world) => {
      const { inside } = await boot(world, ['lxc.rootfs.options = rshared'], { privileged: true });
      t.regex(await inside(`awk '$5 == "/"' /proc/self/mountinfo`), / shared:\d+ /);
    },
  },
  {
    key: 'tlxc.rootfs.volatile',
    needs: [...needs, 'overlay'],
    seen: async (t, world) => {
      const { inside } = await boot(world, ['tlxc.rootfs.volatile = 64KB']);
      t.regex(await inside(ROOT), / overlay /);
      t.is(await inside('echo x > /made; rm /etc/passwd; stat -c %u /made /'), '0\n0');
      t.regex(
        await inside('dd if=/dev/zero of=/large bs=1k count=100 2>&1 || true'),
        /No space left on device/,
      );
      t.true(existsSync(join(world.lxcpath, 'c1/rootfs/etc/passwd')));
      await world.sh('tlxc-stop -k c1 && tlxc-start c1');
      t.is(await inside('ls -d /ma* /etc/passwd || true'), '/etc/passwd');
      t.false(existsSync(join(world.lxcpath, 'c1/rootfs/made')));
    },
  },
  {
    key: 'lxc.rootfs.managed',
    needs,
    seen: async (t, world) => {
      addBusybox(world, 'c1', { config: ['lxc.rootfs.managed = 0'] });
      const { code, stderr } = await world.run('tlxc-destroy', '-n', 'c1');
      t.is(code, 0, stderr);
      t.regex(
        stderr,
        /stay as they are: lxc\.rootfs\.managed = 0 \(.*c1\/config:\d+\); .*c1\/rootfs would go with .*c1: move it /,
      );
      t.true(existsSync(join(world.lxcpath, 'c1/rootfs/bin/busybox')));
      t.is(await world.sh('tlxc-ls -1'), 'c1\n');
      await world.sh('tlxc-start -n c1 && tlxc-stop -k -n c1');
    },
  },
];

/** Keys of src/config/registry/security.ts. */
import { boot, type Effect } from '../effect.ts';

const container = ['root', 'userns', 'idmap', 'busybox'] as const;

/** Lines of /proc/PID/status of init, and of a command that attached. */
const STATUS = 'cat /proc/1/status /proc/self/status';

export const security: readonly Effect[] = [
  {
    key: 'lxc.idmap',
    needs: container,
    seen: async (t, world) => {
      const { inside, pid } = await boot(world, [
        'lxc.idmap =',
        'lxc.idmap = u 0 1200000 1000',
        'lxc.idmap = u 1000 1300000 5',
        'lxc.idmap = g 0 1200000 2000',
      ]);
      t.regex(await inside('cat /proc/1/uid_map'), /^ *0 +1200000 +1000\n +1000 +1300000 +5$/);
      t.regex(await inside('cat /proc/1/gid_map'), /^ *0 +1200000 +2000$/);
      t.is((await world.sh(`stat -c %u /proc/${pid}`)).trim(), '1200000');
    },
  },
  {
    key: 'lxc.no_new_privs',
    needs: container,
    seen: async (t, world) => {
      const { inside } = await boot(world, ['lxc.no_new_privs = 1']);
      t.is((await inside(STATUS)).match(/^NoNewPrivs:\t1$/gm)?.length, 2);
    },
  },
  {
    key: 'lxc.cap.drop',
    needs: container,
    seen: async (t, world) => {
      const { inside } = await boot(world, ['lxc.cap.drop = chown', 'lxc.cap.drop = 1 kill']);
      const sets = [...(await inside(STATUS)).matchAll(/^CapBnd:\t(\w+)$/gm)].map(([, set = '']) =>
        BigInt(`0x${set}`),
      );
      // chown 0, dac_override 1, dac_read_search 2, kill 5
      t.deepEqual(
        sets.map((set) => set & 0b100111n),
        [0b100n, 0b100n],
      );
    },
  },
  {
    key: 'lxc.cap.keep',
    needs: container,
    seen: async (t, world) => {
      const { inside } = await boot(world, ['lxc.cap.keep = chown kill']);
      t.deepEqual((await inside(STATUS)).match(/^CapBnd:\t\w+$/gm), [
        'CapBnd:\t0000000000000021',
        'CapBnd:\t0000000000000021',
      ]);
    },
  },
];

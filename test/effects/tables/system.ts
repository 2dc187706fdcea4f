/** Keys of src/config/registry/system.ts. */
import { boot, type Effect } from '../effect.ts';

export const system: readonly Effect[] = [
  {
    key: 'lxc.uts.name',
    needs: ['root', 'userns', 'idmap', 'busybox'],
    seen: async (t, world) => {
      const { inside } = await boot(world, ['lxc.uts.name = elsewhere']);
      t.is(await inside('hostname'), 'elsewhere');
    },
  },
  {
    key: 'lxc.init.groups',
    needs: ['root', 'userns', 'idmap', 'busybox'],
    seen: async (t, world) => {
      const { inside } = await boot(world, ['lxc.init.groups = 5,6', 'lxc.init.groups = 1000']);
      t.regex(await inside('cat /proc/1/status'), /^Groups:\t5 6 1000 *$/m);
    },
  },
];

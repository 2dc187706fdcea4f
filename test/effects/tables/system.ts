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
];

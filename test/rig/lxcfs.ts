/** lxcfs in a world, as its package has it run on a host. */
import type { World } from './world.ts';

/** Its process id is in lxcfs.pid. It goes with the world. */
export const runLxcfs = (world: World): Promise<void> =>
  world.furnish(
    `lxcfs -p ${world.dir}/lxcfs.pid /var/lib/lxcfs </dev/null >lxcfs.log 2>&1 & ` +
      'for i in $(seq 100); do [ -e /var/lib/lxcfs/proc/meminfo ] && exit 0; sleep 0.1; done; cat lxcfs.log; exit 1',
  );

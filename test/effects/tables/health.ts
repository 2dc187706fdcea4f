/** Keys of src/config/registry/health.ts. */
import { join } from 'node:path';
import { eventually } from '../../rig/eventually.ts';
import type { World } from '../../rig/world.ts';
import { boot, type Effect } from '../effect.ts';

const BUSYBOX = ['root', 'userns', 'idmap', 'busybox'] as const;

interface Health {
  readonly status: string;
  readonly failures: number;
  readonly last: { readonly timedOut: boolean; readonly output: string } | null;
}

/** As soon as it is unhealthy. */
const unhealthy = (world: World): Promise<Health> =>
  eventually(60, async () => {
    const { health } = JSON.parse(await world.sh('tlxc-info -n c1 --json')) as { health: Health | null };
    return health?.status === 'unhealthy' ? health : undefined;
  });

/** What the probes have written into /asked, a line each, once there are so many. */
const asked = (world: World, count: number): Promise<readonly string[]> =>
  eventually(60, async () => {
    const { stdout } = await world.run('cat', join(world.lxcpath, 'c1/rootfs/asked'));
    const lines = stdout.trim().split('\n');
    return lines.length >= count ? lines : undefined;
  });

const FAILS_AT_ONCE = ['tlxc.health.interval = 1', 'tlxc.health.start-period = 0'];

export const health: readonly Effect[] = [
  {
    key: 'tlxc.health.command',
    needs: BUSYBOX,
    seen: async (t, world) => {
      await boot(world, ['tlxc.health.command = echo well']);
      await world.sh('tlxc-wait -n c1 --for=healthy -t 60');
      t.regex(await world.sh('tlxc-info -n c1 --json'), /"output": ?"well\\n"/);
    },
  },
  {
    key: 'tlxc.health.user',
    needs: BUSYBOX,
    seen: async (t, world) => {
      await boot(world, ['tlxc.health.command = id -u', 'tlxc.health.user = user']);
      await world.sh('tlxc-wait -n c1 --for=healthy -t 60');
      t.regex(await world.sh('tlxc-info -n c1 --json'), /"output": ?"1000\\n"/);
    },
  },
  {
    key: 'tlxc.health.interval',
    needs: BUSYBOX,
    seen: async (t, world) => {
      await boot(world, ['tlxc.health.command = date +%s >> /asked', 'tlxc.health.interval = 3']);
      const [first, second] = (await asked(world, 2)).map(Number);
      // Whole seconds: two may be nearly a second nearer to each other.
      t.true(Number(second) - Number(first) >= 3 - 1);
    },
  },
  {
    key: 'tlxc.health.timeout',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const lines = [
        'tlxc.health.command = sleep 1000',
        'tlxc.health.retries = 1',
        'tlxc.health.timeout = 1',
      ];
      await boot(world, [...lines, ...FAILS_AT_ONCE]);
      t.true((await unhealthy(world)).last?.timedOut);
    },
  },
  {
    key: 'tlxc.health.retries',
    needs: BUSYBOX,
    seen: async (t, world) => {
      await boot(world, ['tlxc.health.command = exit 1', 'tlxc.health.retries = 4', ...FAILS_AT_ONCE]);
      t.true((await unhealthy(world)).failures >= 4);
    },
  },
  {
    key: 'tlxc.health.start-period',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const begin = performance.now();
      const lines = ['tlxc.health.interval = 1', 'tlxc.health.retries = 1', 'tlxc.health.start-period = 5'];
      await boot(world, ['tlxc.health.command = exit 1', ...lines]);
      await unhealthy(world);
      t.true(performance.now() - begin >= 5000);
    },
  },
  {
    key: 'tlxc.health.restart',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const restart = ['tlxc.restart = on-failure', 'tlxc.restart.delay = 1', 'tlxc.health.restart = 1'];
      const lines = ['tlxc.health.command = test ! -e /ill', 'tlxc.health.retries = 1', ...FAILS_AT_ONCE];
      const { pid } = await boot(world, [...lines, ...restart]);
      await world.sh('tlxc-attach -n c1 -- touch /ill');
      const other = await eventually(60, async () => {
        const next = Number((await world.run('tlxc-info', '-n', 'c1', '-pH')).stdout);
        return next > 0 && next !== pid ? next : undefined;
      });
      t.not(other, pid);
      await world.sh('tlxc-stop -k c1');
    },
  },
];

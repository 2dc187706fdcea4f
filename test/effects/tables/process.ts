/** Keys of src/config/registry/process.ts. */
import { boot, type Effect } from '../effect.ts';

const container = ['root', 'userns', 'idmap', 'busybox'] as const;

export const process: readonly Effect[] = [
  {
    key: 'lxc.prlimit.*',
    needs: container,
    seen: async (t, world) => {
      const { inside, pid } = await boot(world, ['lxc.prlimit.nofile = 200:300', 'lxc.prlimit.core = 0']);
      const limits = await world.sh(`cat /proc/${pid}/limits`);
      t.regex(limits, /^Max open files +200 +300 /m);
      t.regex(limits, /^Max core file size +0 +0 /m);
      t.is(await inside('ulimit -n; ulimit -Hn'), '200\n300', 'attached commands have them, too');
    },
  },
  {
    key: 'lxc.sysctl.*',
    needs: container,
    seen: async (t, world) => {
      const before = await world.sh('cat /proc/sys/net/ipv4/ip_default_ttl');
      const { inside } = await boot(world, [
        'lxc.sysctl.net.ipv4.ip_default_ttl = 77',
        'lxc.sysctl.kernel/shmmax = 123456',
        'lxc.sysctl.fs.mqueue.msg_max = 7',
        'lxc.sysctl.kernel.domainname = sysctl.example',
        'lxc.sysctl.kernel.hostname = by-sysctl',
        'lxc.sysctl.user.max_mnt_namespaces = 12',
      ]);
      const values = await inside(
        'cd /proc/sys; cat net/ipv4/ip_default_ttl kernel/shmmax fs/mqueue/msg_max kernel/domainname kernel/hostname user/max_mnt_namespaces',
      );
      t.is(values, '77\n123456\n7\nsysctl.example\nby-sysctl\n12');
      t.is(await world.sh('cat /proc/sys/net/ipv4/ip_default_ttl'), before, "the host's is as it was");
    },
  },
  {
    key: 'lxc.proc.*',
    needs: container,
    seen: async (t, world) => {
      const { pid } = await boot(world, ['lxc.proc.oom_score_adj = 41', 'lxc.proc.oom_score_adj = 42']);
      t.is((await world.sh(`cat /proc/${pid}/oom_score_adj`)).trim(), '42');
    },
  },
];

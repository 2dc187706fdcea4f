/** Keys of src/config/registry/process.ts. */
import { join } from 'node:path';
import { TlxcError } from '../../../src/errors.ts';
import { hybridHost } from '../../plan/sample.ts';
import { addBusybox } from '../../rig/containers.ts';
import { eventually } from '../../rig/eventually.ts';
import { attackProgram, plant } from '../../security/attacks.ts';
import { boot, type Effect } from '../effect.ts';
import { planned } from '../planned.ts';

const container = ['root', 'userns', 'idmap', 'busybox'] as const;

const selinuxHost = { ...hybridHost, selinux: true };

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
  {
    key: 'lxc.keyring.session',
    needs: [...container, 'compiler'],
    seen: async (t, world) => {
      addBusybox(world, 'c1', { config: ['lxc.keyring.session = 1'] });
      addBusybox(world, 'c2');
      const keys = attackProgram('keys');
      const found = async (name: string): Promise<string> => {
        plant(world, name, 'keys');
        const log = join(world.dir, name);
        const init = `sh -c '/keys find; echo looked; exec sleep 60'`;
        const { stderr } = await world.run(
          'sh',
          '-c',
          `${keys} plant tlxc-start -n ${name} -L ${log} -- ${init}`,
        );
        await eventually(30, async () => /looked/.exec(await world.sh(`cat ${log}`)) ?? undefined);
        return (await world.sh(`cat ${log}`)) + stderr;
      };
      try {
        t.regex(await found('c1'), /found in session[^]*LXC's manual says the opposite/);
        t.notRegex(await found('c2'), /session/, 'a new one unless it is asked for');
      } finally {
        await world.run(keys, 'remove');
      }
    },
  },
  {
    key: 'lxc.sched.core',
    needs: container,
    seen: async (t, world) => {
      t.true(planned(world, ['lxc.sched.core = 1']).plan.init.coreScheduling);
      addBusybox(world, 'c1', { config: ['lxc.sched.core = 1'] });
      const { code, stderr } = await world.run('tlxc-start', '-n', 'c1');
      if (code === 0) await world.sh('tlxc-attach -n c1 -- true');
      else
        t.regex(stderr, /config:[\d:]+ lxc\.sched\.core: the kernel does not support core scheduling \(.+\)/);
    },
  },
  {
    key: 'lxc.selinux.context',
    needs: container,
    seen: async (t, world) => {
      const context = 'system_u:system_r:own_t:s0';
      const config = [`lxc.selinux.context = ${context}`];
      const { security } = planned(world, config, selinuxHost).plan;
      t.like(security, { selinuxContext: context, keyringContext: context });
      const lxcs = planned(world, ['lxc.selinux.context = system_u:system_r:lxc_t:s0:c62,c86']);
      t.is(lxcs.plan.security.selinuxContext, '');
      t.regex(
        lxcs.warnings.join(),
        /config:2: lxc\.selinux\.context: .* the container runs without system_u:system_r:lxc_t:s0:c62,c86/,
      );
      addBusybox(world, 'c1', { config });
      const { code, stderr } = await world.run('tlxc-start', '-n', 'c1');
      if (code !== 0)
        t.regex(stderr, /config:[\d:]+ lxc\.selinux\.context: .* SELinux is not enabled on this host/);
      else t.is(await world.sh('tlxc-attach -n c1 -- cat /proc/1/attr/current'), context);
    },
  },
  {
    key: 'lxc.selinux.context.keyring',
    needs: container,
    seen: (t, world) => {
      const lines = ['lxc.selinux.context.keyring = system_u:object_r:keys_t:s0'];
      const { security } = planned(world, lines, selinuxHost).plan;
      t.like(security, { keyringContext: 'system_u:object_r:keys_t:s0', selinuxContext: '' });
      const error = t.throws(() => planned(world, lines), { instanceOf: TlxcError });
      const told = /config:2: lxc\.selinux\.context\.keyring: .* SELinux is not enabled on this host/;
      t.regex(String(error.details.problems?.[0]), told);
      return Promise.resolve();
    },
  },
];

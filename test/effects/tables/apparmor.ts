/** lxc.apparmor.*: keys of src/config/registry/security.ts. Without AppArmor on the host, in what is refused and in the plan. */
import type { CompiledStart } from '../../../src/plan/start-plan.ts';
import { addBusybox } from '../../rig/containers.ts';
import type { World } from '../../rig/world.ts';
import { apparmorHost } from '../../plan/sample.ts';
import { boot, type Effect } from '../effect.ts';
import { planned } from '../planned.ts';

const here = ['root', 'userns', 'idmap', 'busybox'] as const;
const there = [...here, 'apparmor'] as const;
const GENERATED = 'lxc.apparmor.profile = generated';
const label = (world: World, pid: number): Promise<string> => world.sh(`cat /proc/${pid}/attr/current`);

/** What these lines become on a host with AppArmor, but for these of its features. */
const plannedThere = (
  world: World,
  lines: readonly string[],
  features: Partial<typeof apparmorHost.apparmorFeatures> = {},
): CompiledStart =>
  planned(world, lines, {
    ...apparmorHost,
    apparmorFeatures: { ...apparmorHost.apparmorFeatures, ...features },
  });

export const apparmor: readonly Effect[] = [
  {
    key: 'lxc.apparmor.profile',
    needs: here,
    seen: async (t, world) => {
      addBusybox(world, 'c1', { config: ['lxc.apparmor.profile = no-such-profile'] });
      const { code, stderr } = await world.run('tlxc-start', '-n', 'c1');
      t.is(code, 1);
      t.regex(stderr, /config:\d+.*no-such-profile/s);
      t.regex(stderr, /AppArmor is not enabled on this host|knows no such profile/);
      const { security } = plannedThere(world, [GENERATED]).plan;
      t.is(security.apparmorProfile, 'lxc-c1_</store>');
      t.regex(security.apparmorGenerated?.text ?? '', /^ {2}deny \/proc\/sysrq-trigger rwklx,$/m);
    },
  },
  {
    key: 'lxc.apparmor.profile',
    needs: there,
    where: 'with AppArmor',
    seen: async (t, world) => {
      const { inside, pid } = await boot(world, [GENERATED]);
      t.regex(await label(world, pid), /^lxc-c1_<.*> *(\/\/&:.*)?\(enforce\)$/);
      t.regex(await inside('echo h >/proc/sysrq-trigger 2>&1 || true'), /Permission denied/);
      await world.sh('tlxc-stop -k -n c1');
      t.false((await world.sh('cat /sys/kernel/security/apparmor/profiles')).includes(`<${world.lxcpath}>`));
    },
  },
  {
    key: 'lxc.apparmor.allow_incomplete',
    needs: here,
    seen: (t, world) => {
      const partly = { mounts: false };
      t.throws(() => plannedThere(world, [GENERATED], partly), { message: /./ });
      const { warnings } = plannedThere(world, [GENERATED, 'lxc.apparmor.allow_incomplete = 1'], partly);
      t.regex(warnings.join('\n'), /has no rules for mounts/);
      return Promise.resolve();
    },
  },
  {
    key: 'lxc.apparmor.allow_nesting',
    needs: here,
    seen: async (t, world) => {
      const { inside } = await boot(world, ['lxc.apparmor.allow_nesting = 1']);
      t.regex(
        await inside('cat /proc/mounts'),
        /^proc \/dev\/\.lxc\/proc proc .*\n.* \/dev\/\.lxc\/sys sysfs /m,
      );
      const text = (line: string): string =>
        plannedThere(world, [GENERATED, line]).plan.security.apparmorGenerated?.text ?? '';
      t.regex(text('lxc.apparmor.allow_nesting = 1'), /^ {2}mount,\n {2}pivot_root,$/m);
      t.notRegex(text('lxc.apparmor.allow_nesting = 0'), /^ {2}mount,$/m);
    },
  },
  {
    key: 'lxc.apparmor.raw',
    needs: here,
    seen: (t, world) => {
      const { plan } = plannedThere(world, [GENERATED, 'lxc.apparmor.raw = deny /etc/forbidden w,']);
      t.regex(plan.security.apparmorGenerated?.text ?? '', /\n {2}deny \/etc\/forbidden w,\n}\n$/);
      return Promise.resolve();
    },
  },
  {
    key: 'lxc.apparmor.raw',
    needs: there,
    where: 'with AppArmor',
    seen: async (t, world) => {
      const { inside } = await boot(world, [GENERATED, 'lxc.apparmor.raw = deny /etc/forbidden w,']);
      t.regex(await inside('touch /etc/forbidden 2>&1 || true'), /Permission denied/);
      t.is(await inside('touch /etc/allowed && echo made'), 'made');
    },
  },
];

import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Seccomp } from '../../src/plan/types.ts';
import { requires } from '../rig/requires.ts';
import { makePlan, ORIGIN } from './plan.ts';
import { makePlace, runPlan, script } from './run.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox', 'seccomp');
const EPERM = 1;

type Rule = Seccomp['rules'][number];
const rule = (syscall: string, more: Partial<Rule> = {}): Rule => ({
  ...{ syscall, arch: '', action: 'errno', errno: EPERM, arguments: [], origin: { ...ORIGIN, line: 4 } },
  ...more,
});
const policy = (rules: readonly Rule[], more: Partial<Seccomp> = {}): Seccomp => ({
  ...{ defaultAction: 'allow', defaultErrno: 0, architectures: ['x86', 'x32'], notify: null, cache: '' },
  rules: [...rules],
  ...more,
});
const try_ = (name: string, command: string): string =>
  `${command} && echo ${name} works || echo ${name} fails`;

for (const unprivileged of [true, false]) {
  const kind = unprivileged ? 'unprivileged' : 'privileged';

  rooted(`${kind}: init has the capabilities that the plan keeps, and can inherit none`, async (t) => {
    const place = makePlace(t);
    const argv = script('grep -E "^(Cap|NoNewPrivs|Groups)" /proc/self/status');
    const plan = makePlan({ ...place, argv, unprivileged });
    plan.security.capabilities = ['chown', 'kill', 'setuid', 'sys_admin'];
    plan.security.noNewPrivileges = true;
    const { output } = await runPlan(plan, place.rootfs);
    const kept = (1n | (1n << 5n) | (1n << 7n) | (1n << 21n)).toString(16).padStart(16, '0');
    const none = '0'.repeat(16);
    for (const line of [
      `CapInh:\t${none}`,
      `CapAmb:\t${none}`,
      `CapBnd:\t${kept}`,
      `CapPrm:\t${kept}`,
      `CapEff:\t${kept}`,
    ])
      t.true(output.includes(line), `${line} in ${output}`);
    t.regex(output, /^NoNewPrivs:\t1$/m);
    t.regex(output, /^Groups:\t *$/m);
  });
}

rooted('an init of another user has no capability at all', async (t) => {
  const place = makePlace(t);
  chmodSync(place.rootfs, 0o777);
  const plan = makePlan({
    ...place,
    argv: ['/bin/sh', '-c', 'grep -E "^(CapEff|CapPrm|Uid|Gid)" /proc/self/status >/tmp/out'],
  });
  chmodSync(join(place.rootfs, 'tmp'), 0o777);
  Object.assign(plan.init, { uid: 1000, gid: 1000 });
  await runPlan(plan);
  const status = readFileSync(join(place.rootfs, 'tmp/out'), 'utf8');
  t.regex(status, /^CapEff:\t0{16}$/m);
  t.regex(status, /^Uid:\t1000\t1000\t1000\t1000$/m);
  t.regex(status, /^Gid:\t1000\t1000\t1000\t1000$/m);
});

rooted('a capability that nobody knows is refused by name', async (t) => {
  const plan = makePlan({ ...makePlace(t), argv: ['/bin/true'] });
  plan.security.capabilities = ['chown', 'flying'];
  const { failure } = await runPlan(plan);
  t.like(failure, { step: 'capabilities', detail: 'unknown-capability', path: 'flying' });
});

rooted('calls of the policy fail as it says; names that no kernel knows are passed over', async (t) => {
  const place = makePlace(t);
  const tries = [
    try_('mkdir', 'mkdir /d'),
    try_('uname', 'uname >/dev/null'),
    try_('chmod', 'chmod 700 /bin'),
  ];
  const plan = makePlan({ ...place, argv: script(`grep Seccomp: /proc/self/status; ${tries.join('; ')}`) });
  const masked = { index: 1, op: 'masked_eq', value: '448', mask: '511' } as const; // mode & 0777 == 0700
  plan.security.seccomp = policy([
    rule('mkdir'),
    rule('mkdirat'),
    rule('no_such_call'),
    rule('chmod', { arguments: [masked] }),
    rule('fchmodat', { arguments: [{ ...masked, index: 2 }] }),
  ]);
  const { output } = await runPlan(plan, place.rootfs);
  t.regex(output, /^Seccomp:\t2$/m);
  t.regex(output, /^mkdir: .*Operation not permitted$/m);
  for (const line of ['mkdir fails', 'uname works', 'chmod fails']) t.true(output.includes(line), output);
});

rooted('a bad argument is refused with its line', async (t) => {
  const plan = makePlan({ ...makePlace(t), argv: ['/bin/true'] });
  plan.security.seccomp = policy([
    rule('mkdir', { arguments: [{ index: 0, op: 'eq', value: 'twelve', mask: '' }] }),
  ]);
  const { failure } = await runPlan(plan);
  t.like(failure, { step: 'seccomp', detail: 'bad-argument', path: 'mkdir', line: 4 });
});

rooted('the compiled filter is kept for root alone, and taken from there', async (t) => {
  const place = makePlace(t);
  const dir = join(place.scratch, 'seccomp');
  const cache = join(dir, 'abc');
  const plan = makePlan({ ...place, argv: script(try_('mkdir', 'mkdir /d')) });
  plan.security.seccomp = policy([rule('mkdir'), rule('mkdirat')], { cache });
  t.regex((await runPlan(plan, place.rootfs)).output, /mkdir fails/);
  t.is(statSync(dir).mode & 0o777, 0o700);
  t.is(statSync(cache).mode & 0o777, 0o600);
  t.deepEqual(readdirSync(dir), ['abc']);
  // The same name with another policy: the file decides.
  plan.security.seccomp = policy([], { cache });
  t.regex((await runPlan(plan, place.rootfs)).output, /mkdir fails/);
});

rooted('a cache that others may write, or that is no filter, is not believed', async (t) => {
  const place = makePlace(t);
  const cache = join(place.scratch, 'seccomp/abc');
  mkdirSync(join(place.scratch, 'seccomp'), { mode: 0o700 });
  const plan = makePlan({ ...place, argv: script(try_('mkdir', 'mkdir /d; rmdir /d')) });
  const allowAll = Buffer.from('060000000000ff7f', 'hex'); // BPF: return SECCOMP_RET_ALLOW
  for (const [mode, bytes] of [
    [0o666, allowAll],
    [0o600, Buffer.alloc(7)],
    [0o600, Buffer.alloc(0)],
  ] as const) {
    writeFileSync(cache, bytes);
    chmodSync(cache, mode);
    plan.security.seccomp = policy([rule('mkdir'), rule('mkdirat')], { cache });
    t.regex((await runPlan(plan, place.rootfs)).output, /mkdir fails/, mode.toString(8));
  }
});

for (const field of ['selinuxContext', 'keyringContext'] as const) {
  rooted(`a kernel without SELinux takes no ${field}, and the line that asked for it is told`, async (t) => {
    const plan = makePlan({ ...makePlace(t), argv: script('true') });
    plan.security[field] = 'system_u:system_r:lxc_t:s0';
    plan.security.selinuxOrigin = { ...ORIGIN, line: 7, key: 'lxc.selinux.context' };
    const { failure } = await runPlan(plan);
    t.like(failure, {
      step: 'selinux',
      path: 'system_u:system_r:lxc_t:s0',
      line: 7,
      key: 'lxc.selinux.context',
    });
  });
}

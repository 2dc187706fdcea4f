import { Value } from '@sinclair/typebox/value';
import test from 'ava';
import { TlxcError } from '../../src/errors.ts';
import { Problem } from '../../src/problem.ts';
import { PLAN_VERSION, StartPlan } from '../../src/plan/schema.ts';
import { compileStartPlan } from '../../src/plan/start-plan.ts';
import { idmap, minimalConfig, startInput, v1Host, v2Host, written, network } from './sample.ts';

const compile = (changes: Parameters<typeof startInput>[0] = {}) =>
  compileStartPlan(startInput(changes)).plan;

test('the smallest configuration gives a whole plan', (t) => {
  const plan = compile();
  t.deepEqual([...Value.Errors(StartPlan, plan)], []);
  t.is(plan.version, PLAN_VERSION);
  t.deepEqual(plan.namespaces, ['mount', 'pid', 'uts', 'ipc', 'net', 'cgroup']);
  t.deepEqual(plan.init.argv, ['/sbin/init']);
  t.deepEqual(plan.init.environment, ['container=lxc']);
  t.deepEqual(plan.signals, { halt: 0, reboot: 2, stop: 9, parentDeath: 9 });
  t.is(plan.monitor.title, '[tlxc monitor] /var/lib/tlxc u1');
  t.is(plan.rootfs.kind, 'bind');
  t.is(plan.rootfs.source, '/var/lib/tlxc/u1/rootfs');
  t.is(plan.rootfs.mountPath, '/run/tlxc.rootfs');
  t.is(plan.rootfs.origin.line, 1);
});

test('a plan is plain data, and the same for the same input', (t) => {
  for (const host of [undefined, v1Host, v2Host]) {
    const changes = host === undefined ? { config: { idmap } } : { config: { idmap }, host };
    const plan = compile(changes);
    t.deepEqual(JSON.parse(JSON.stringify(plan)), plan);
    t.is(JSON.stringify(compile(changes)), JSON.stringify(plan));
    t.true(Value.Check(StartPlan, plan));
  }
});

test('all problems at once, each with its place; nothing is compiled by halves', (t) => {
  const error = t.throws(
    () =>
      compile({
        config: {
          rootfs: { path: written('nbd:/dev/nbd0'), options: written(['idmap=elsewhere', 'nosense']) },
          seccomp: { allowNesting: false, profile: written('/no/such') },
          apparmor: { ...minimalConfig.apparmor, profile: written('my-profile') },
        },
      }),
    { instanceOf: TlxcError, code: 'TLXC_E_CONFIG' },
  );
  const problems = error.details.problems ?? [];
  t.is(problems.length, 5, problems.join('\n'));
  t.true(problems.every((problem) => /^\/var\/lib\/tlxc\/u1\/config:\d+: /.test(String(problem))));
});

test('mistakes of the configuration are told with what stands in the way here, each line once', (t) => {
  const path = written('nbd:/dev/nbd0');
  const options = written(['idmap=elsewhere']);
  const mountEntries = [
    written({ source: '/a', target: 'a', fstype: 'none', options: ['bind', 'idmap=container'] }),
  ];
  const [mistake, other] = [written('', 'lxc.tty.max'), written(['move'])];
  const told = (at: Problem['details']['at'], lost: readonly string[] = []): string[] => {
    const mistakes = { problems: [new Problem({ message: 'wrong', at })], lost: new Set(lost) };
    const input = { ...startInput({ config: { rootfs: { path, options }, mountEntries } }), mistakes };
    const error = t.throws(() => compileStartPlan(input), { instanceOf: TlxcError });
    t.is(error.message, `its configuration has ${error.details.problems?.length} problems`);
    return (error.details.problems ?? []).map(({ details }) => details.message.slice(0, 20));
  };
  const [onPath, onOptions, onMount] = [
    'lxc.rootfs.path: sto',
    'lxc.rootfs.options: ',
    'lxc.test: a: idmap=c',
  ];
  t.deepEqual(told(mistake.at), [onPath, onOptions, onMount, 'wrong'], 'in the order of the lines');
  t.deepEqual(told({ ...path.at }), ['wrong', onOptions, onMount], 'the line was told of');
  t.deepEqual(
    told(other.at, ['lxc.idmap']),
    [onPath, onOptions, 'wrong'],
    'the mount needs lxc.idmap lines, and these are wrong',
  );
});

test('idmap=container of the root filesystem means nothing without lxc.idmap, as in LXC', (t) => {
  const { plan, warnings } = compileStartPlan(
    startInput({ config: { rootfs: { ...minimalConfig.rootfs, options: written(['idmap=container']) } } }),
  );
  t.is(plan.rootfs.idmap, '');
  t.regex(
    warnings.join(),
    /config:\d+: lxc\.rootfs\.options: idmap=container has no effect without lxc\.idmap/,
  );
});

test('a configuration without a root filesystem starts only where it says so', (t) => {
  const error = t.throws(() => compile({ config: { rootfs: {} } }), { instanceOf: TlxcError });
  t.regex(error.details.problems?.join() ?? '', /lxc\.rootfs\.path is not set/);
  const plan = compile({ config: { rootfs: { path: written('none') } } });
  t.is(plan.rootfs.kind, 'none');
  t.deepEqual(plan.devices, []);
});

test('an unprivileged container: user namespace, host devices bound, no devices from the image', (t) => {
  const plan = compile({
    config: { idmap, rootfs: { ...minimalConfig.rootfs, options: written(['idmap=container']) } },
  });
  t.true(plan.namespaces.includes('user'));
  t.is(plan.rootfs.idmap, 'container');
  t.deepEqual(plan.rootfs.attributes, ['nodev']);
  t.true(plan.devices.every((step) => step.op !== 'device' || step.bindFrom === `/${step.target}`));
  t.is(plan.idmap.length, 2);
  t.true(
    plan.security.capabilities.includes('sys_resource'),
    'a user namespace begins with all capabilities',
  );
});

test('an id map that LXC shifted on disk is not shifted again', (t) => {
  t.is(compile({ config: { idmap } }).rootfs.idmap, '');
});

test('overlay: lowers top first, the work directory beside the delta as LXC has it', (t) => {
  const path = written('overlay:/top:/base:/var/lib/tlxc/u1/overlay/delta');
  const { rootfs } = compile({ config: { rootfs: { path } } });
  t.like(rootfs, {
    kind: 'overlay',
    upper: '/var/lib/tlxc/u1/overlay/delta',
    work: '/var/lib/tlxc/u1/overlay/work',
  });
  t.deepEqual(
    rootfs.lower,
    ['/top', '/base'].map((source) => ({ source, fstype: '' })),
  );
});

test('overlay over an image: read-only filesystems alone, whose ids this kernel can map', (t) => {
  const path = written('overlay:/x.squashfs:/var/lib/tlxc/u1/overlay/delta');
  const rootfs = { ...minimalConfig.rootfs, path, options: written(['idmap=container']) };
  const on = (kernelRelease: string, fstype: string) =>
    compileStartPlan({
      ...startInput({ config: { idmap, rootfs }, host: { ...v2Host, kernelRelease } }),
      files: { imageFilesystems: { '/x.squashfs': fstype } },
    }).plan.rootfs.lower;
  t.deepEqual(on('6.2.0', 'squashfs'), [{ source: '/x.squashfs', fstype: 'squashfs' }]);
  t.deepEqual(on('6.1.0', 'erofs'), [{ source: '/x.squashfs', fstype: 'erofs' }]);
  const why = (kernelRelease: string, fstype: string): string =>
    t.throws<TlxcError>(() => on(kernelRelease, fstype)).details.problems?.join() ?? '';
  t.regex(
    why('6.1.0', 'squashfs'),
    /Linux 6\.1\.0 does not map the ids of squashfs for a container \(6\.2 does\)/,
  );
  t.regex(
    why('6.2.0', 'ext4'),
    /holds ext4: an overlay lies over directories and over images of squashfs or erofs/,
  );
});

test('capabilities: drop, keep, none, and what the host itself lacks', (t) => {
  const drop = compile({ config: { capDrop: [written('sys_time'), written('mac_admin')] } }).security
    .capabilities;
  t.false(drop.includes('sys_time') || drop.includes('mac_admin') || drop.includes('sys_resource'));
  t.true(drop.includes('net_admin'));
  t.deepEqual(compile({ config: { capKeep: [] } }).security.capabilities, []);
  const { plan, warnings } = compileStartPlan(
    startInput({ config: { capKeep: [written('chown'), written('sys_resource')] } }),
  );
  t.deepEqual(plan.security.capabilities, ['chown']);
  t.regex(warnings.join(), /sys_resource is not kept/);
});

test('shared namespaces are joined, not made, and leave the network alone', (t) => {
  const networks = [network('veth')];
  const net = { path: '/proc/7/ns/net', inode: '77', host: false, idmap: [], at: undefined };
  const plan = compile({ config: { networks }, options: { share: { net } } });
  t.false(plan.namespaces.includes('net'));
  t.is(plan.shared[0]?.path, '/proc/7/ns/net');
  t.deepEqual(plan.interfaces, []);
});

test('networks of type none: the host network', (t) => {
  const plan = compile({ config: { networks: [network('none')] } });
  t.false(plan.namespaces.includes('net'));
  t.deepEqual(plan.interfaces, []);
});

test('hooks run as LXC runs them; those of the container learn no secrets of the caller', (t) => {
  const hooks = [written({ hook: 'pre-start' as const, command: '/bin/hook extra' }, 'lxc.hook.pre-start')];
  const v0 = compile({ config: { hooks } }).hooks;
  t.deepEqual(v0.preStart[0]?.argv, ['/bin/sh', '-c', `exec /bin/hook extra 'u1' lxc pre-start "$@"`, 'sh']);
  for (const variable of [
    'LXC_NAME=u1',
    'LXC_ROOTFS_PATH=/var/lib/tlxc/u1/rootfs',
    'LXC_CGNS_AWARE=1',
    'LXC_HOOK_VERSION=0',
  ])
    t.true(v0.environment.includes(variable), variable);
  const isSecret = (variable: string) => variable.includes('hunter2');
  t.true(v0.environment.some(isSecret));
  t.false(v0.insideEnvironment.some(isSecret));
  t.false(compile({}).hooks.environment.some(isSecret), 'nobody needs it');
  const v1 = compile({ config: { hooks, hookVersion: 1 } }).hooks;
  t.is(
    v1.preStart[0]?.argv[2],
    'export LXC_HOOK_TYPE=pre-start LXC_HOOK_SECTION=lxc; exec /bin/hook extra "$@"',
  );
});

test('terminals: devpts has room for what lxc.pty.max says and the ttys', (t) => {
  t.like(compile({ config: { ptyMax: 1024, ttyMax: 4 } }).terminals, {
    devptsMax: 1028,
    devptsGid: 5,
    console: 'pty',
  });
  const few = [written({ kind: 'gid' as const, inside: 0, outside: 5000, count: 1 })];
  const uids = [written({ kind: 'uid' as const, inside: 0, outside: 5000, count: 1 })];
  t.is(compile({ config: { idmap: [...uids, ...few] } }).terminals.devptsGid, -1);
  t.like(compile({ options: { consolePath: 'none' } }).terminals, { console: 'none', consolePath: '' });
});

test('a container whose root has no id is refused with the line to add', (t) => {
  const map = written({ kind: 'uid' as const, inside: 0, outside: 1000, count: 10 });
  const error = t.throws(() => compile({ config: { idmap: [map] } }), { instanceOf: TlxcError });
  t.regex(
    error.details.problems?.join() ?? '',
    /gid 0, the container's root, is not mapped; add a line "g 0/,
  );
});

test('masked and read-only paths are protected last', (t) => {
  const { protect } = compile({
    config: { masked: [written('/proc/kcore')], readonlyPaths: [written('/proc/irq')] },
  });
  t.deepEqual(
    protect.map((step) => `${step.op} ${step.target}`),
    ['readonly proc/irq', 'mask proc/kcore'],
  );
});

test('a 32-bit container whose policy leaves it without sockets is told so', (t) => {
  const warnings = (arch: 'linux32' | 'linux64', ...calls: string[]) => {
    const path = '/p.seccomp';
    const text = ['2', 'allowlist errno 38', '[all]', 'read', ...calls].join('\n');
    const input = { path, inode: '1', size: text.length, mtimeNs: '0' };
    const config = { arch: written(arch), seccomp: { allowNesting: false, profile: written(path) } };
    return compileStartPlan(startInput({ config, files: { seccompProfile: { path, text, input } } }))
      .warnings;
  };
  t.regex(
    warnings('linux32').join(),
    /config:\d+: lxc\.seccomp\.profile: 32-bit x86 programs have no sockets/,
  );
  t.deepEqual(warnings('linux32', 'socketcall'), []);
  t.deepEqual(warnings('linux64'), []);
});

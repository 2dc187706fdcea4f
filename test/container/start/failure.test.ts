import test from 'ava';
import { startFailure } from '../../../src/container/start/failure.ts';
import type { FailedMessage } from '../../../src/container/start/hint.ts';
import { renderError } from '../../../src/cli/render.ts';
import type { StartPlan } from '../../../src/plan/types.ts';

const origin = { file: '/c/u1/config', line: 7, key: 'lxc.hook.pre-start' };
const none = {
  preStart: [],
  preMount: [],
  mount: [],
  autodev: [],
  startHost: [],
  start: [],
  stop: [],
  postStop: [],
};
const argv = ['/bin/sh', '-c', `exec /srv/prepare --now 'u1' lxc pre-start "$@"`, 'sh'];
const plan = {
  name: 'u1',
  interfaces: [],
  hooks: {
    ...none,
    preStart: [{ argv, timeoutMs: 1000, origin }],
    version: 0,
    environment: [],
    insideEnvironment: [],
    childEnvironment: [],
  },
} as unknown as StartPlan;

const failed: FailedMessage = {
  kind: 'failed',
  step: 'mount',
  syscall: 'open_tree',
  errno: 2,
  path: '/srv/data',
  detail: '',
  file: '/c/u1/config',
  line: 12,
  key: 'lxc.mount.entry',
};
const lines = (changes: Partial<FailedMessage>) =>
  renderError('tlxc-start', startFailure(plan, { ...failed, ...changes }));

test('a failed step names the path, the errno in words, the line, and what to do', (t) => {
  t.deepEqual(lines({}), [
    'tlxc-start: u1: cannot mount /srv/data (open_tree): no such file or directory',
    '  at /c/u1/config:12 (lxc.mount.entry)',
    '  hint: what is to be mounted does not exist on the host; the option "optional" skips the entry',
  ]);
});

test('a filesystem that cannot be id-mapped: the ways out are named', (t) => {
  const readOnly = {
    ...{ step: 'rootfs overlay', syscall: 'fsconfig', errno: 22, path: '/proc/self' },
    detail: 'overlay: filesystem on changes/delta is read-only',
  };
  t.regex(lines(readOnly).join('\n'), /\n {2}hint: what is mounted at \/proc can only be read: /);
  const [, , hint] = lines({ step: 'rootfs idmap', syscall: 'mount_setattr', errno: 22, path: '/nfs/u1' });
  t.regex(hint ?? '', /filesystem of \/nfs\/u1 takes no id-mapped mounts.*ext4.*--privileged/);
});

test('a null device that is missing is the one of the container', (t) => {
  const step = { step: 'standard streams', syscall: 'open', path: '/dev/null', file: '', line: 0, key: '' };
  t.regex(
    lines(step).at(-1) ?? '',
    /hint: this is the \/dev of the container: .*mount\.entry = \/dev\/null dev\/null/,
  );
});

test('a missing bridge: tlxc-net brings one up', (t) => {
  const [first, , hint] = lines({ step: 'network', syscall: 'RTM_GETLINK', errno: 19, path: 'tlxcbr0' });
  t.is(first, 'tlxc-start: u1: there is no network interface tlxcbr0 (RTM_GETLINK): no such device');
  t.regex(hint ?? '', /tlxc-net start/);
});

const memory = { file: '/c/u1/config', line: 9, key: 'lxc.cgroup2.memory.max' };
const withMemory = (file: string, value: string) =>
  ({
    ...plan,
    limits: [],
    cgroups: { hierarchies: [{ settings: [{ file, value, origin: memory }] }] },
  }) as unknown as StartPlan;

test('a limit of memory that no start does with is named by its line, whatever fails by it', (t) => {
  const told = (limited: StartPlan, changes: Partial<FailedMessage>) =>
    renderError('tlxc-start', startFailure(limited, { ...failed, key: '', file: '', line: 0, ...changes }));
  const mkdir = { step: 'cgroup', syscall: 'mkdir', errno: 12, path: '/sys/fs/cgroup/memory/tlxc/u1/ns' };
  const ended = { step: 'start', syscall: '', errno: 0, path: '', detail: 'ended' };
  for (const changes of [mkdir, ended])
    t.deepEqual(told(withMemory('memory.max', '100K'), changes), [
      'tlxc-start: u1: the memory limit of 100K is too low for its start',
      '  at /c/u1/config:9 (lxc.cgroup2.memory.max)',
      '  hint: give it 32M or more; the smallest of systems do with 1M',
    ]);
  t.regex(told(withMemory('memory.limit_in_bytes', '1'), mkdir)[0] ?? '', /the memory limit of 1 is too low/);
  t.regex(told(withMemory('memory.max', '64M'), mkdir)[0] ?? '', /cannot make the control group/);
  t.regex(told(withMemory('memory.max', 'max'), ended)[0] ?? '', /the start failed/);
});

test('a hook is shown as it was written, with its exit status', (t) => {
  const [first, at] = lines({
    ...origin,
    step: 'hook pre-start',
    syscall: '',
    errno: 0,
    path: '/bin/sh',
    detail: 'exit 1',
  });
  t.is(first, 'tlxc-start: u1: the pre-start hook failed (exit 1): /srv/prepare --now');
  t.is(at, '  at /c/u1/config:7 (lxc.hook.pre-start)');
});

test('what came from -s says so; what the person did not write has no place', (t) => {
  t.is(lines({ file: '', line: 0 })[1], '  at -s (lxc.mount.entry)');
  const [, remedy, ...more] = lines({ file: '', line: 0, key: '', step: 'handshake', errno: 5 });
  t.regex(remedy ?? '', /^ {2}hint: /);
  t.deepEqual(more, []);
});

test('a container that runs already is told as LXC tells it', (t) => {
  const error = startFailure(plan, { ...failed, step: 'already-running', key: '' });
  t.is(error.code, 'TLXC_E_RUNNING');
  t.is(error.message, 'Container is already running');
});

test('a step without words of its own is still named', (t) => {
  t.regex(
    lines({ step: 'new thing', key: '', errno: 1 })[0] ?? '',
    /the start failed at "new thing": \/srv\/data .*not permitted/,
  );
});

test('a monitor of another version than the command is told of as such', (t) => {
  const skew = { step: 'plan', syscall: '', errno: 0, path: '', file: '', line: 0, key: '' };
  for (const detail of ['plan.tree[3]: unknown field owner', 'plan.init: missing'])
    t.regex(
      lines({ ...skew, detail }).join('\n'),
      /hint: tlxc-monitor is of another version than this command/,
    );
});

import test from 'ava';
import { Findings } from '../../src/plan/input.ts';
import { compileSeccomp } from '../../src/plan/seccomp.ts';

function compile(lines: readonly string[], machine = 'x86_64') {
  const findings = new Findings();
  const policy = { path: '/p.seccomp', text: lines.join('\n') };
  return { policy: compileSeccomp(policy, { machine, cacheDir: '/run/tlxc/seccomp', findings }), findings };
}

test('a deny list as LXC ships it', (t) => {
  const { policy, findings } = compile([
    '2',
    'denylist',
    'reject_force_umount  # comment this to allow umount -f;  not recommended',
    '[all]',
    'kexec_load errno 1',
    'init_module',
  ]);
  t.deepEqual(findings.problems, []);
  t.is(policy.defaultAction, 'allow');
  t.deepEqual(policy.architectures, ['x86', 'x32']);
  t.deepEqual(
    policy.rules.map(({ origin: _, ...rule }) => rule),
    [
      {
        syscall: 'umount2',
        arch: '',
        action: 'errno',
        errno: 13,
        arguments: [{ index: 1, op: 'masked_eq', value: '1', mask: '1' }],
      },
      { syscall: 'kexec_load', arch: '', action: 'errno', errno: 1, arguments: [] },
      { syscall: 'init_module', arch: '', action: 'kill', errno: 0, arguments: [] },
    ],
  );
  t.deepEqual(policy.rules[1]?.origin, { file: '/p.seccomp', line: 5, key: 'kexec_load' });
  t.regex(policy.cache, /^\/run\/tlxc\/seccomp\/[0-9a-f]{32}\.bpf$/);
});

test('an allow list: the named action is for what is not listed; x32 is left out', (t) => {
  const { policy } = compile(['2', 'allowlist errno 38', '[all]', 'read', 'socket allow [0,1,SCMP_CMP_EQ]']);
  t.is(policy.defaultAction, 'errno');
  t.is(policy.defaultErrno, 38);
  t.deepEqual(policy.architectures, ['x86']);
  t.is(policy.rules[0]?.action, 'allow');
  t.deepEqual(policy.rules[1]?.arguments, [{ index: 0, op: 'eq', value: '1', mask: '0' }]);
});

test('operators, several conditions, and numbers in every base of C', (t) => {
  const { policy, findings } = compile([
    '2',
    'denylist',
    'ioctl errno 25 [1,0x5412,SCMP_CMP_MASKED_EQ,0xffffffff]',
    'clone errno 1 [0,010,>=][1,-1,!=], [2,7,<]',
  ]);
  t.deepEqual(findings.problems, []);
  t.deepEqual(policy.rules[0]?.arguments, [
    { index: 1, op: 'masked_eq', value: '21522', mask: '4294967295' },
  ]);
  t.deepEqual(policy.rules[1]?.arguments, [
    { index: 0, op: 'ge', value: '8', mask: '0' },
    { index: 1, op: 'ne', value: '18446744073709551615', mask: '0' },
    { index: 2, op: 'lt', value: '7', mask: '0' },
  ]);
});

test('sections: rules for one architecture, and none for those this machine does not run', (t) => {
  const { policy } = compile([
    '2',
    'denylist',
    '[x86]',
    'vm86 errno 1',
    '[arm64]',
    'read',
    '[all]',
    'bpf errno 1',
  ]);
  t.deepEqual(
    policy.rules.map((rule) => [rule.syscall, rule.arch]),
    [
      ['vm86', 'x86'],
      ['bpf', ''],
    ],
  );
});

test('version 1 lists numbers', (t) => {
  const { policy, findings } = compile(['1', 'whitelist', '0', '1', 'read']);
  t.is(policy.defaultAction, 'kill');
  t.deepEqual(
    policy.rules.slice(0, 2).map((rule) => rule.syscall),
    ['0', '1'],
  );
  t.deepEqual(findings.problems.map(String), ['/p.seccomp:5: "read" is not a system call number']);
});

test('every bad line is refused with its place', (t) => {
  const { findings } = compile([
    '2',
    'denylist',
    'a errno',
    'b errno 5000',
    'c notify 5',
    'd explode',
    'e errno 1 [9,1,==]',
    'f errno 1 [0,1,&=]',
    'g errno 1 [0,1,==][0,2,==]',
    '[sparc]',
    'h errno 1 [0,1]',
  ]);
  t.deepEqual(
    findings.problems.map((problem) => String(problem).split(':')[1]),
    ['3', '4', '5', '6', '7', '8', '9', '10', '11'],
  );
  t.deepEqual(compile(['3', 'denylist']).findings.problems.length, 1);
  t.deepEqual(compile(['2', 'greylist']).findings.problems.length, 1);
});

test('notify, alone and as what becomes of calls that are not listed', (t) => {
  const { policy, findings } = compile(['2', 'denylist', 'mount notify [2,0,==]', 'mkdir notify']);
  t.deepEqual(findings.problems, []);
  t.deepEqual(
    policy.rules.map(({ action, arguments: { length } }) => [action, length]),
    [
      ['notify', 1],
      ['notify', 0],
    ],
  );
  t.is(compile(['2', 'allowlist notify', 'sendmsg']).policy.defaultAction, 'notify');
});

test('lines before the first rule may be empty or comments, and places count them', (t) => {
  const { policy, findings } = compile([
    '# mine',
    '',
    '2',
    '',
    '  denylist trap # why',
    '[all]',
    'bpf',
    'x y',
  ]);
  t.is(policy.defaultAction, 'trap');
  t.is(policy.rules[0]?.origin.line, 7);
  t.deepEqual(findings.problems.map(String), [
    '/p.seccomp:8: "y" is not an action; kill, errno N, allow, trap and notify are',
  ]);
  t.deepEqual(compile(['2']).findings.problems.map(String), [
    '/p.seccomp:1: "" is not a style of list; allowlist and denylist are',
  ]);
  t.deepEqual(compile([]).findings.problems.map(String), [
    '/p.seccomp:1: a seccomp policy begins with its version, 1 or 2, not ""',
  ]);
});

const MACHINES = [
  ['x86_64', 'x86_64', 'x86', 'x32'],
  ['i686', 'x86'],
  ['aarch64', 'aarch64', 'arm'],
  ['armv7l', 'arm'],
  ['mips64', 'mips64', 'mips', 'mips64n32'],
  ['mips64el', 'mipsel64', 'mipsel', 'mipsel64n32'],
  ['ppc64', 'ppc64', 'ppc'],
  ['ppc64le', 'ppc64le'],
  ['s390x', 's390x', 's390'],
  ['riscv64', 'riscv64'],
  ['loongarch64', 'loongarch64'],
] as const;
const SECTIONS =
  'x86 x86_64 x32 arm arm64 mips mips64 mips64n32 mipsel mipsel64 mipsel64n32 ppc ppc64 ppc64le s390 s390x riscv64 loongarch64';

for (const [machine, ...runs] of MACHINES)
  test(`on ${machine}: its own sections, and the other architectures it runs by themselves`, (t) => {
    const rules = SECTIONS.split(' ').flatMap((name) => [`[${name}]`, 'bpf errno 1']);
    const { policy, findings } = compile(['2', 'denylist', ...rules], machine);
    t.deepEqual(findings.problems, []);
    t.deepEqual(policy.rules.map(({ arch }) => arch).sort(), [...runs].sort());
    t.deepEqual(policy.architectures, runs.slice(1));
  });

test('policies that do the same share one compiled form, whatever their comments', (t) => {
  const one = compile(['2', 'denylist', 'bpf errno 1']).policy;
  const two = compile(['2', 'denylist', '# why', '', 'bpf errno 1']).policy;
  const other = compile(['2', 'denylist', 'bpf errno 2']).policy;
  t.is(one.cache, two.cache);
  t.not(one.cache, other.cache);
});

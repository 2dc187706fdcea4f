/** Kernel parameters that a container may have of its own, and those that would reach the host. */
import test from 'ava';
import { loadText, problemsOfText } from './scratch.ts';

const ALLOWED = [
  'net.ipv4.ip_forward',
  'net/ipv4/ip_forward',
  'net.ipv6.conf.all.forwarding',
  'net/ipv4/conf/eth0.5/forwarding',
  'net.core.somaxconn',
  'kernel.shmmax',
  'kernel.shm_rmid_forced',
  'kernel.msgmnb',
  'kernel.sem',
  'kernel.domainname',
  'fs.mqueue.msg_max',
  'user.max_user_namespaces',
];

const REFUSED = [
  'kernel.core_pattern',
  'kernel/core_pattern',
  'kernel.modprobe',
  'kernel.sysrq',
  'kernel.panic',
  'kernel.randomize_va_space',
  'kernel.kptr_restrict',
  'kernel.yama.ptrace_scope',
  'kernel.pid_max',
  'kernel.shmx.y',
  'kernel.semantics',
  'kernel.hostnames',
  'kernel.core_uses_pid',
  'kernel.shm_rmid_forced+kernel.core_pattern',
  'vm.overcommit_memory',
  'vm.swappiness',
  'fs.file-max',
  'fs.suid_dumpable',
  'fs.mqueue',
  'fs.mqueue.a.b',
  'fs.binfmt_misc.register',
  'net',
  'net.',
  'net.ipv4/../../kernel/core_pattern',
  'net/ipv4/../../kernel/core_pattern',
  'net/../kernel/core_pattern',
  'net//ipv4/ip_forward',
  '/proc/sys/net/ipv4/ip_forward',
];

for (const name of ALLOWED) {
  test(`${name} may be set`, (t) => {
    const { sysctls } = loadText(t, `lxc.sysctl.${name} = 1\n`);
    t.is(sysctls[0]?.value.value, '1');
  });
}

for (const name of REFUSED) {
  test(`${name} is refused`, (t) => {
    const problems = problemsOfText(t, `lxc.sysctl.${name} = 1\n`);
    t.is(problems.length, 1);
    t.regex(
      problems[0] ?? '',
      /^config:1: lxc\.sysctl\..*(of the whole host|not the name of a kernel parameter)/,
    );
  });
}

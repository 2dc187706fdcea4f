/** What cgroup2 was told at boot, and forgets at any mount of it on the host that does not say it again: lxcfs and CRIU make one. */
import { readFileSync, readlinkSync } from 'node:fs';
import { allMounts, type Mount } from '../../mountinfo.ts';
import { warning, type Finding } from '../finding.ts';

/** The options that systemd gives it, and what each is for. */
const WANTED = {
  memory_recursiveprot: 'memory-low and memory.min do not reach the groups that systemd makes in a container',
  nsdelegate: 'a privileged container may write what limits its own inner group (not the container)',
};

/** Of the first namespace (PROC_CGROUP_INIT_INO): from any other the kernel heeds no such option. */
const HOSTS = 'cgroup:[4026531835]';

/** Kernels know more of them with time. */
function known(): readonly string[] {
  try {
    if (readlinkSync('/proc/self/ns/cgroup') !== HOSTS) return [];
    return readFileSync('/sys/kernel/cgroup/features', 'latin1').split('\n');
  } catch {
    return []; // Linux before 4.15, or no control groups at all
  }
}

/** Nothing where all is as it should be. */
export function cgroupOptionFindings(
  mounts: readonly Mount[] = allMounts(),
  features: readonly string[] = known(),
): Finding[] {
  const unified = mounts.find(({ type, point }) => type === 'cgroup2' && point === '/sys/fs/cgroup');
  if (unified === undefined) return [];
  const missing = Object.entries(WANTED).filter(
    ([option]) => features.includes(option) && !unified.options.includes(option),
  );
  if (missing.length === 0) return [];
  const command = `mount -o remount,${missing.map(([option]) => option).join(',')} ${unified.point}`;
  return [
    warning(
      'cgroup2',
      missing.map(([option, effect]) => `without ${option}: ${effect}`).join('; '),
      `${command} (CRIU takes them away at each checkpoint, lxcfs at each start: systemctl edit lxcfs, and write "[Service]" and "ExecStartPost=${command}")`,
    ),
  ];
}

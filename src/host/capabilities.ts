/** Linux capabilities: capabilities(7), /proc/sys/kernel/cap_last_cap, CapBnd of /proc/PID/status. */

/** Names in number order, lower case, without CAP_; the kernel's include/uapi/linux/capability.h up to Linux 6.x. */
export const CAPABILITY_NAMES: readonly string[] = [
  ...['chown', 'dac_override', 'dac_read_search', 'fowner', 'fsetid', 'kill', 'setgid', 'setuid', 'setpcap'],
  ...[
    'linux_immutable',
    'net_bind_service',
    'net_broadcast',
    'net_admin',
    'net_raw',
    'ipc_lock',
    'ipc_owner',
  ],
  ...[
    'sys_module',
    'sys_rawio',
    'sys_chroot',
    'sys_ptrace',
    'sys_pacct',
    'sys_admin',
    'sys_boot',
    'sys_nice',
  ],
  ...[
    'sys_resource',
    'sys_time',
    'sys_tty_config',
    'mknod',
    'lease',
    'audit_write',
    'audit_control',
    'setfcap',
  ],
  ...['mac_override', 'mac_admin', 'syslog', 'wake_alarm', 'block_suspend', 'audit_read', 'perfmon', 'bpf'],
  'checkpoint_restore',
];

/** Names the kernel knows, given the text of cap_last_cap; all of the table when that cannot be read. */
export function knownCapabilities(lastCap: string): readonly string[] {
  const last = Number.parseInt(lastCap, 10);
  return Number.isNaN(last) ? CAPABILITY_NAMES : CAPABILITY_NAMES.slice(0, last + 1);
}

/** Names in the bounding set, given the text of /proc/self/status. */
export function boundingCapabilities(status: string, known: readonly string[]): readonly string[] {
  const hex = /^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  if (hex === undefined) return [];
  const set = BigInt(`0x${hex}`);
  return known.filter((_name, number) => (set >> BigInt(number)) & 1n);
}

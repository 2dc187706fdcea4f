/** Capabilities and what cgroups are told. lxc.cap.*, lxc.cgroup.*, lxc.cgroup2.* */
import { accepting, BadValue, type ParseContext } from '../key.ts';
import type { Sourced } from '../model.ts';
import { nearest } from '../nearest.ts';
import { checkCgroupFile } from './cgroup-files.ts';
import { words } from './plain.ts';

/** In the kernel's order: the index is the capability's number. capabilities(7). */
export const CAPABILITIES: readonly string[] = (
  'chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable ' +
  'net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot ' +
  'sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease ' +
  'audit_write audit_control setfcap mac_override mac_admin syslog wake_alarm block_suspend audit_read ' +
  'perfmon bpf checkpoint_restore'
).split(' ');

/** By name, lower case and without CAP_, or by number; a number that has no name here stays one. */
function capability(word: string): string {
  if (CAPABILITIES.includes(word)) return word;
  if (/^\d{1,2}$/.test(word) && Number(word) < 64) return CAPABILITIES[Number(word)] ?? word;
  const plain = word.toLowerCase().replace(/^cap_/, '');
  const meant = nearest(plain, CAPABILITIES);
  throw new BadValue(`${word} is not a capability`, {
    word,
    ...(meant && { nearest: meant }),
    allowed: CAPABILITIES,
  });
}

/** Numbers are taken for kernels that know more of them than this list. */
const CAPABILITY = { range: [0, 63], several: true } as const;

export const capabilities = accepting(
  { ...CAPABILITY, words: CAPABILITIES },
  (value: string): readonly string[] => words(value).map(capability),
);

/** "none" forgets what was to be kept so far; alone, it keeps nothing at all. */
export const keptCapabilities = accepting(
  { ...CAPABILITY, words: ['none', ...CAPABILITIES] },
  (value: string): readonly string[] =>
    words(value).map((word) => (word === 'none' ? word : capability(word))),
);

export function mergeKept(
  before: readonly Sourced<string>[],
  added: readonly Sourced<string>[],
): readonly Sourced<string>[] {
  const all = [...before, ...added];
  const none = all.findLastIndex(({ value }) => value === 'none');
  return none === -1 ? all : all.slice(none);
}

export interface CgroupValue {
  readonly file: string;
  readonly value: string;
}

/** deny a; allow c 1:3 rwm; allow b *:* m */
function checkDeviceRule(value: string): void {
  if (/^(a|[abc]\s+(\d+|\*):(\d+|\*)\s+[rwm]{1,3})$/.test(value)) return;
  throw new BadValue('it must be a, or TYPE MAJOR:MINOR ACCESS, such as c 1:3 rwm');
}

/** The file is a name in the container's own group and nothing else: no path leads out of it. */
export function cgroupValue(value: string, { variable, warn }: ParseContext): readonly CgroupValue[] {
  if (!/^[A-Za-z0-9_]+(\.[A-Za-z0-9_-]+)+$/.test(variable)) {
    throw new BadValue(`${variable} is not the name of a cgroup file, such as memory.max`, {
      part: 'key',
      word: variable,
    });
  }
  if (variable === 'devices.allow' || variable === 'devices.deny') checkDeviceRule(value);
  else checkCgroupFile(variable, value, warn);
  return [{ file: variable, value }];
}

export const otherCgroupFile = ({ file }: CgroupValue, variable: string): boolean => file !== variable;

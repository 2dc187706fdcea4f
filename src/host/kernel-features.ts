/** What of the kernel containers use: the rows of lxc-checkconfig, and those that TLXC adds. */
import { existsSync, readFileSync } from 'node:fs';
import type { KernelConfig } from './kernel-config.ts';
import { canMakeLink } from './link-kinds.ts';
import { probeHost } from './probe.ts';

/** undefined: neither the running kernel nor its configuration tells. */
export type Presence = 'enabled' | 'missing' | undefined;

export interface KernelFeature {
  readonly label: string;
  readonly symbol: string;
  /** Nothing works without it. */
  readonly required?: boolean;
  /** The running kernel's own answer; undefined where it gives none. */
  readonly ask?: () => boolean | undefined;
}

export interface FeatureSection {
  readonly title: string;
  readonly features: readonly KernelFeature[];
}

const exists = (path: string) => (): boolean => existsSync(path);
/** A file that is there says yes; one that is not says nothing: a module may not be loaded yet. */
const mayExist = (path: string) => (): boolean | undefined => existsSync(path) || undefined;
const namespace = (name: string) => exists(`/proc/self/ns/${name}`);
const filesystem = (name: string) => (): boolean | undefined =>
  readFileSync('/proc/filesystems', 'utf8').split(/\s/).includes(name) || undefined;
const controller = (name: string) => (): boolean | undefined =>
  probeHost().cgroups.some(({ controllers }) => controllers.includes(name)) || undefined;
const plain = (symbol: string, ask?: KernelFeature['ask']): KernelFeature => ({
  label: symbol,
  symbol,
  ...(ask && { ask }),
});

const namespaces: readonly KernelFeature[] = [
  { label: 'Namespaces', symbol: 'CONFIG_NAMESPACES', required: true, ask: exists('/proc/self/ns') },
  { label: 'Utsname namespace', symbol: 'CONFIG_UTS_NS', ask: namespace('uts') },
  { label: 'Ipc namespace', symbol: 'CONFIG_IPC_NS', required: true, ask: namespace('ipc') },
  { label: 'Pid namespace', symbol: 'CONFIG_PID_NS', required: true, ask: namespace('pid') },
  { label: 'User namespace', symbol: 'CONFIG_USER_NS', ask: namespace('user') },
  { label: 'Network namespace', symbol: 'CONFIG_NET_NS', ask: namespace('net') },
  { label: 'Time namespace', symbol: 'CONFIG_TIME_NS', ask: namespace('time') },
];

const groups: readonly KernelFeature[] = [
  { label: 'Cgroups', symbol: 'CONFIG_CGROUPS', required: true, ask: exists('/proc/self/cgroup') },
  { label: 'Cgroup namespace', symbol: 'CONFIG_CGROUPS', ask: namespace('cgroup') },
  { label: 'Cgroup device', symbol: 'CONFIG_CGROUP_DEVICE', ask: controller('devices') },
  { label: 'Cgroup device (v2, BPF)', symbol: 'CONFIG_CGROUP_BPF' },
  { label: 'Cgroup freezer', symbol: 'CONFIG_CGROUP_FREEZER', ask: controller('freezer') },
  { label: 'Cgroup pids', symbol: 'CONFIG_CGROUP_PIDS', ask: controller('pids') },
  { label: 'Cgroup sched', symbol: 'CONFIG_CGROUP_SCHED', ask: controller('cpu') },
  { label: 'Cgroup cpu quota', symbol: 'CONFIG_CFS_BANDWIDTH' },
  { label: 'Cgroup cpu account', symbol: 'CONFIG_CGROUP_CPUACCT', ask: controller('cpuacct') },
  { label: 'Cgroup memory controller', symbol: 'CONFIG_MEMCG', ask: controller('memory') },
  { label: 'Cgroup block io controller', symbol: 'CONFIG_BLK_CGROUP', ask: controller('blkio') },
  { label: 'Cgroup block io throttling', symbol: 'CONFIG_BLK_DEV_THROTTLING' },
  { label: 'Cgroup cpuset', symbol: 'CONFIG_CPUSETS', ask: controller('cpuset') },
];

const misc: readonly KernelFeature[] = [
  { label: 'Veth pair device', symbol: 'CONFIG_VETH', ask: () => canMakeLink('veth') },
  { label: 'Macvlan', symbol: 'CONFIG_MACVLAN', ask: () => canMakeLink('macvlan') },
  { label: 'Ipvlan', symbol: 'CONFIG_IPVLAN', ask: () => canMakeLink('ipvlan') },
  { label: 'Vlan', symbol: 'CONFIG_VLAN_8021Q', ask: () => canMakeLink('vlan') },
  { label: 'Bridges', symbol: 'CONFIG_BRIDGE', ask: () => canMakeLink('bridge') },
  { label: 'Advanced netfilter', symbol: 'CONFIG_NETFILTER_ADVANCED' },
  plain('CONFIG_NF_TABLES', mayExist('/sys/module/nf_tables')),
  plain('CONFIG_NFT_MASQ', mayExist('/sys/module/nft_masq')),
  plain('CONFIG_IP_NF_TARGET_MASQUERADE'),
  plain('CONFIG_IP6_NF_TARGET_MASQUERADE'),
  plain('CONFIG_NETFILTER_XT_TARGET_CHECKSUM'),
  plain('CONFIG_NETFILTER_XT_MATCH_COMMENT'),
  { label: 'FUSE (for use with lxcfs)', symbol: 'CONFIG_FUSE_FS', ask: filesystem('fuse') },
  { label: 'Overlay filesystem', symbol: 'CONFIG_OVERLAY_FS', ask: filesystem('overlay') },
  {
    label: 'Seccomp filters',
    symbol: 'CONFIG_SECCOMP_FILTER',
    ask: exists('/proc/sys/kernel/seccomp/actions_avail'),
  },
  { label: 'AppArmor', symbol: 'CONFIG_SECURITY_APPARMOR', ask: () => probeHost().apparmor },
  { label: 'SELinux', symbol: 'CONFIG_SECURITY_SELINUX', ask: exists('/sys/fs/selinux/enforce') },
  { label: 'Keyrings', symbol: 'CONFIG_KEYS', ask: exists('/proc/keys') },
  { label: 'Core scheduling', symbol: 'CONFIG_SCHED_CORE' },
];

const checkpoint: readonly KernelFeature[] = [
  {
    label: 'checkpoint restore',
    symbol: 'CONFIG_CHECKPOINT_RESTORE',
    ask: exists('/proc/sys/kernel/ns_last_pid'),
  },
  plain('CONFIG_FHANDLE'),
  plain('CONFIG_EVENTFD'),
  plain('CONFIG_EPOLL', exists('/proc/sys/fs/epoll')),
  plain('CONFIG_UNIX_DIAG'),
  plain('CONFIG_INET_DIAG'),
  plain('CONFIG_PACKET_DIAG'),
  plain('CONFIG_NETLINK_DIAG'),
  { label: 'File capabilities', symbol: 'CONFIG_MULTIUSER', ask: exists('/proc/sys/kernel/cap_last_cap') },
];

export const featureSections: readonly FeatureSection[] = [
  { title: 'Namespaces', features: namespaces },
  { title: 'Control groups', features: groups },
  { title: 'Misc', features: misc },
  { title: 'Checkpoint/Restore', features: checkpoint },
];

/** The running kernel's own answer first, then its configuration's. */
export function presenceOf(
  { ask, symbol }: KernelFeature,
  config: KernelConfig | null,
  running: boolean,
): Presence {
  const answer = (running ? ask?.() : undefined) ?? config?.has(symbol);
  return answer === undefined ? undefined : answer ? 'enabled' : 'missing';
}

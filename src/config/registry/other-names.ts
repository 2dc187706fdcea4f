/** Names that LXC knows and TLXC refuses: those whose feature does not exist yet, and those from before LXC 3. */

/** A name ending in "*" stands for all that begin so; [i] for a number. */
export const unsupported: readonly string[] = [
  'lxc.autodev.tmpfs.size',
  'lxc.cgroup.relative',
  'lxc.environment.hooks',
  'lxc.environment.runtime',
  'lxc.ephemeral',
  'lxc.execute.cmd',
  'lxc.init.groups',
  'lxc.keyring.*',
  'lxc.log.syslog',
  'lxc.monitor.*',
  'lxc.namespace.*',
  'lxc.prlimit.*',
  'lxc.proc.*',
  'lxc.rootfs.managed',
  'lxc.sched.*',
  'lxc.selinux.*',
  'lxc.sysctl.*',
  'lxc.time.*',
  'lxc.net.[i].ipvlan.*',
  'lxc.net.[i].l2proxy',
  'lxc.net.[i].macvlan.*',
  'lxc.net.[i].script.*',
  'lxc.net.[i].veth.ipv4.route',
  'lxc.net.[i].veth.ipv6.route',
  'lxc.net.[i].veth.mode',
  'lxc.net.[i].veth.n_rxqueues',
  'lxc.net.[i].veth.n_txqueues',
  'lxc.net.[i].veth.vlan.*',
  'lxc.net.[i].vlan.*',
];

/** What LXC 2 called a key, and what LXC 3 does; lxc-update-config(1). "": the key is gone. */
export const renamed: Readonly<Record<string, string>> = {
  'lxc.aa_allow_incomplete': 'lxc.apparmor.allow_incomplete',
  'lxc.aa_profile': 'lxc.apparmor.profile',
  'lxc.console': 'lxc.console.path',
  'lxc.devttydir': 'lxc.tty.dir',
  'lxc.haltsignal': 'lxc.signal.halt',
  'lxc.id_map': 'lxc.idmap',
  'lxc.init_cmd': 'lxc.init.cmd',
  'lxc.init_gid': 'lxc.init.gid',
  'lxc.init_uid': 'lxc.init.uid',
  'lxc.kmsg': '',
  'lxc.limit': 'lxc.prlimit',
  'lxc.logfile': 'lxc.log.file',
  'lxc.loglevel': 'lxc.log.level',
  'lxc.mount': 'lxc.mount.fstab',
  'lxc.network': 'lxc.net.0',
  'lxc.pivotdir': '',
  'lxc.pts': 'lxc.pty.max',
  'lxc.rebootsignal': 'lxc.signal.reboot',
  'lxc.rootfs': 'lxc.rootfs.path',
  'lxc.rootfs.backend': 'lxc.rootfs.path',
  'lxc.se_context': 'lxc.selinux.context',
  'lxc.seccomp': 'lxc.seccomp.profile',
  'lxc.stopsignal': 'lxc.signal.stop',
  'lxc.syslog': 'lxc.log.syslog',
  'lxc.tty': 'lxc.tty.max',
  'lxc.utsname': 'lxc.uts.name',
};

/** Families of LXC 2 whose members were renamed one by one. */
export function renamedFamily(name: string): string | undefined {
  const network = /^lxc\.network\.(?:(\d+)\.)?(.+)$/.exec(name);
  if (network) {
    const [, index = '0', rest = ''] = network;
    return `lxc.net.${index}.${rest.replace(/^(ipv[46])$/, '$1.address')}`;
  }
  return name.startsWith('lxc.limit.') ? name.replace('lxc.limit.', 'lxc.prlimit.') : undefined;
}

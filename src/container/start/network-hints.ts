/** What to do about the failures of a container's network that people meet, the first that fits. */
import type { Hint } from './hint.ts';

/** /proc/sys/net/ipv4/conf/eth0/forwarding -> net/ipv4/conf/eth0/forwarding: slashes, since a name may have dots. */
const sysctl = (path: string): string => path.replace('/proc/sys/', '');

export const NETWORK_HINTS: readonly Hint[] = [
  {
    step: /^network$/,
    syscall: /^RTM_NEWLINK\((macvlan|ipvlan|vlan)\)$/,
    errno: /EINVAL|EOPNOTSUPP/,
    hint: ({ path }) =>
      `it goes on an interface of Ethernet's kind, as eth0 is; is ${path} one ("ip -d link show ${path}")?`,
  },
  {
    step: /^network$/,
    syscall: /^tlxc-user-nic$/,
    hint: ({ path }) =>
      `the line that root writes there is "USER veth ${path} 10" (/etc/lxc/lxc-usernet is LXC's alone); the system log has the reason`,
  },
  {
    step: /^network$/,
    syscall: /^passt$/,
    hint: 'it is passt, run as the user, that said so; the system log may have more, and a newer passt mend it',
  },
  {
    step: /^network$/,
    detail: /^sysctl-off$/,
    hint: ({ path }) => `the host would not pass the packets on: sysctl -w ${sysctl(path)}=1`,
  },
  {
    step: /^network$/,
    detail: /^no-vlan-filtering$/,
    hint: ({ path }) => `the bridge knows no VLANs: ip link set ${path} type bridge vlan_filtering 1`,
  },
  {
    step: /^network$/,
    detail: /^no-port-lock$/,
    hint: "tlxc.net.N.filter is for bridges of the kernel's; Open vSwitch has flows of its own for that (ovs-ofctl)",
  },
  {
    step: /^network$/,
    detail: /^port-without-vlan$/,
    hint: "a port of Open vSwitch's without any VLAN carries nothing: add veth.vlan.tagged.id",
  },
  {
    step: /^network$/,
    detail: /^link-has-no-address$/,
    hint: ({ path }) =>
      `auto takes the address of ${path}, which has none of this kind: write the gateway's address`,
  },
  {
    step: /^network$/,
    detail: /^no-such-prefix$/,
    hint: ({ path }) => `no network interface of the host has a name that begins with ${path}`,
  },
  {
    step: /^network$/,
    syscall: /^ovs-vsctl$/,
    hint: 'ovs-vsctl, of the package openvswitch-switch, must be there and its daemon run',
  },
  {
    step: /^network$/,
    errno: /EOPNOTSUPP|ENOTSUP/,
    syscall: /^RTM_NEWLINK\((?:veth|macvlan|ipvlan|vlan)\)$/,
    hint: ({ syscall }) => {
      const kind = /\((.*)\)/.exec(syscall)?.[1] ?? '';
      const option = kind === 'vlan' ? 'VLAN_8021Q' : kind.toUpperCase();
      return `this kernel makes no interfaces of type ${kind} (CONFIG_${option}); choose another lxc.net.N.type`;
    },
  },
  {
    step: /^network$/,
    errno: /EOPNOTSUPP|ENOTSUP/,
    syscall: /IFLA_MASTER/,
    hint: ({ path }) =>
      `${path} is no bridge; for an interface of the host's, lxc.net.N.type = macvlan may be what is meant`,
  },
  {
    step: /^network$/,
    errno: /EINVAL/,
    syscall: /IFLA_MTU/,
    hint: "an interface on another takes no larger packets than that one's, and a veth none beyond 65535 bytes",
  },
  {
    step: /^network$/,
    errno: /EBUSY/,
    hint: ({ path }) =>
      `${path} is in use in a way that excludes this: a port of a bridge takes no macvlan, a passthru macvlan no other`,
  },
  {
    step: /^network$/,
    errno: /ENODEV|ENOENT|ENXIO/,
    hint: ({ path }) =>
      `${path || 'the bridge'} does not exist on the host, where "ip link" lists what does; 'tlxc-net start' brings up TLXC's own bridge: name that there, tlxcbr0`,
  },
  { step: /^network$/, errno: /EPERM/, hint: 'making network interfaces takes root' },
  { step: /^network$/, errno: /EEXIST/, hint: 'it exists already, on the host or in the container' },
];

/** Network interfaces: lxc.net.[i].*, where i is a number that orders them. */
import { list, scalar, single } from '../key.ts';
import { INTERFACE_TYPES, OWN_INTERFACE_TYPES } from '../model.ts';
import { forward, showForward } from '../values/forward.ts';
import { flag, oneOf, showFlag, text, whole } from '../values/plain.ts';
import {
  hardwareAddress,
  interfaceName,
  ipv4Address,
  ipv4Gateway,
  ipv4Lease,
  ipv6Address,
  ipv6Gateway,
  ipv6Lease,
  showAddress,
} from '../values/network.ts';
import { networkTypes } from './network-types.ts';

/** As a hook of lxc.hook.*: a command, which may carry arguments of its own. */
const script = (name: 'up' | 'down', when: string) =>
  scalar({
    name: `lxc.net.[i].script.${name}`,
    syntax: 'COMMAND',
    doc: `A program of the host, run ${when}; lxc.hook.version says how it learns of which interface.`,
    parse: text,
  });

export const network = {
  type: scalar({
    name: 'lxc.net.[i].type',
    syntax: 'empty|ipvlan|macvlan|none|phys|veth|vlan',
    doc:
      'veth: a pair of interfaces, one end inside; macvlan, ipvlan, vlan: an interface that sits on the link; ' +
      'phys: the link itself, which comes back to the host at the end (where the monitor was killed, too, but then the ' +
      "kernel removes one that is virtual: a veth, a macvlan); empty: loopback only; none: the host's network.",
    parse: oneOf(...INTERFACE_TYPES),
    begins: 'lxc.net.[i].',
  }),
  flags: scalar({
    name: 'lxc.net.[i].flags',
    syntax: 'up',
    doc: 'Brings the interface up.',
    parse: (value, { warn }) => {
      if (value !== 'up') warn('every value means up, as it does in LXC');
      return true;
    },
    show: () => 'up',
    accepts: { words: ['up'], pattern: '.*' },
  }),
  link: scalar({
    name: 'lxc.net.[i].link',
    syntax: 'INTERFACE',
    doc:
      'The interface of the host that it is connected to: the bridge of a veth, what a macvlan, ipvlan or vlan sits on, ' +
      'the interface that phys takes (PREFIX+ takes the last whose name begins so).',
    parse: interfaceName,
  }),
  name: scalar({
    name: 'lxc.net.[i].name',
    syntax: 'INTERFACE',
    doc: "The interface's name inside; eth0, eth1 … where it is not set, and the name it has where the type is phys.",
    parse: interfaceName,
  }),
  hwaddr: scalar({
    name: 'lxc.net.[i].hwaddr',
    syntax: 'MAC',
    doc: 'The hardware address; each x stands for a digit that is drawn.',
    parse: hardwareAddress,
  }),
  mtu: scalar({
    name: 'lxc.net.[i].mtu',
    syntax: 'BYTES',
    doc: "The largest packet; the link's where it is not set.",
    parse: whole(68, 65535),
  }),
  ipv4Address: list({
    name: 'lxc.net.[i].ipv4.address',
    syntax: 'ADDRESS[/PREFIX] [BROADCAST]',
    doc: 'An IPv4 address of the interface.',
    parse: single(ipv4Address),
    show: showAddress,
    joinedBy: '\n',
  }),
  ipv4Gateway: scalar({
    name: 'lxc.net.[i].ipv4.gateway',
    syntax: 'ADDRESS|auto|dev',
    doc: "Where IPv4 traffic leaves: auto is the link's own address, dev the interface itself. A gateway that no address of the interface reaches gets a route first.",
    parse: ipv4Gateway,
  }),
  ipv6Address: list({
    name: 'lxc.net.[i].ipv6.address',
    syntax: 'ADDRESS[/PREFIX]',
    doc: 'An IPv6 address of the interface.',
    parse: single(ipv6Address),
    show: showAddress,
    joinedBy: '\n',
  }),
  ipv6Gateway: scalar({
    name: 'lxc.net.[i].ipv6.gateway',
    syntax: 'ADDRESS|auto|dev',
    doc: "Where IPv6 traffic leaves: auto is the link's own address, dev the interface itself. A gateway that no address of the interface reaches gets a route first.",
    parse: ipv6Gateway,
  }),
  l2proxy: scalar({
    name: 'lxc.net.[i].l2proxy',
    syntax: '0|1',
    fallback: '0',
    doc:
      "Whether the host answers on the link for the interface's addresses (proxy ARP and NDP), until the container stops. " +
      'It needs net.ipv4.conf.LINK.forwarding=1 for IPv4, net.ipv6.conf.LINK.forwarding=1 and proxy_ndp=1 for IPv6, ' +
      'and of an ipvlan the mode l3s.',
    parse: flag,
    show: showFlag,
  }),
  scriptUp: script('up', "when the host's side of the interface is made; when it fails the start fails"),
  scriptDown: script('down', 'when the container has ended, before the interface goes'),
  forward: list({
    name: 'tlxc.net.[i].forward',
    syntax: '[tcp|udp] [ADDRESS:]PORT -> [ADDRESS:]PORT',
    doc:
      'What comes to the port of the host goes into the container, from everywhere, 127.0.0.1 and ::1 included, without a ' +
      'firewall rule; until the container stops, a reboot from inside not counted. The first ADDRESS is one of the ' +
      "host's, all of them where none is written, an IPv6 address in brackets; the second one of the container's network: " +
      'where none is written, 127.0.0.1 and, if nobody listens there, ::1, so that a service on all addresses or on ' +
      'loopback is reached, and one on the address of eth0 alone is not. To the service everybody comes from the container itself: ' +
      'it must not trust that address; proxy-protocol=1 behind a line of tcp tells it who it is, by a line of the PROXY protocol ' +
      '(version 1) before what the client sends, which the service has to expect, from 127.0.0.1 and ::1 alone: containers of the same bridge, which reach it at its other addresses, could write such a line, too (nginx: listen 127.0.0.1:80 proxy_protocol). FIRST-LAST, at both ends, are up to 256 ports. unix:PATH in the place of ' +
      "an end is a Unix socket, on the host's side made and removed with mode=0600 or what mode=, uid= and gid= say " +
      'behind the line, inside found in the file system of the container. What a client of udp says and hears is one conversation until ' +
      'neither side has said anything for 60 seconds, or idle=SECONDS behind the line. Several lines add up; it makes no difference ' +
      'to which of the interfaces they belong.',
    parse: single(forward),
    show: showForward,
    joinedBy: '\n',
  }),
  ownType: scalar({
    name: 'tlxc.net.[i].type',
    syntax: 'passt',
    doc:
      'In the place of lxc.net.[i].type = veth, which LXC goes on reading: passt: a network that takes no right of root, for containers ' +
      'of plain users. The program passt carries what the container sends, as connections of the user on the host: TCP, UDP, and ping where ' +
      'net.ipv4.ping_group_range of the host has the user. The interface is up with 10.0.2.15, and an address of IPv6, from the start on; ' +
      'DHCP gives the same. 10.0.2.3 stands for the first name server of the host. Nobody reaches the container but by ' +
      'tlxc.net.[i].forward, and it reaches whatever the user reaches from the host, but nothing that listens on 127.0.0.1 or ::1 there. tlxc-create writes ' +
      'the line where root has given the user no interface on the bridge.',
    parse: oneOf(...OWN_INTERFACE_TYPES),
  }),
  ...networkTypes,
  ipv4Lease: scalar({
    name: 'tlxc.net.[i].ipv4.lease',
    syntax: 'ADDRESS',
    doc:
      "The IPv4 address that DHCP on TLXC's bridge gives the interface, for a veth whose link is that bridge; where it is " +
      'not set, TLXC draws one at the first start and keeps it for the container.',
    parse: ipv4Lease,
    needs: { name: 'lxc.net.[i].type', value: 'veth' },
  }),
  ipv4Static: scalar({
    name: 'tlxc.net.[i].ipv4.static',
    syntax: '0|1',
    fallback: '0',
    doc:
      "Whether the interface has the address that DHCP on TLXC's bridge keeps for it from the start on, and the bridge as its " +
      'gateway, without asking: for containers whose programs know nothing of DHCP, such as those of OCI images. It needs ' +
      'lxc.net.[i].flags = up, and is for containers of root.',
    parse: flag,
    show: showFlag,
    needs: { name: 'lxc.net.[i].type', value: 'veth' },
  }),
  ipv6Lease: scalar({
    name: 'tlxc.net.[i].ipv6.lease',
    syntax: 'ADDRESS',
    doc:
      "The IPv6 address that DHCPv6 on TLXC's bridge gives the interface, beside the one that it takes from the router's " +
      'advertisements; nothing where the container asks for none.',
    parse: ipv6Lease,
    needs: { name: 'lxc.net.[i].type', value: 'veth' },
  }),
  filter: scalar({
    name: 'tlxc.net.[i].filter',
    syntax: 'none|mac',
    fallback: 'none',
    doc:
      "mac: the bridge takes no frame of the interface's but those from its own hardware address (lxc.net.[i].hwaddr), so " +
      "that root of the container can neither draw others' traffic to itself nor have their lease and name; and nobody else's " +
      'frame from that address has the bridge send them what is for the container. Another bridge or a macvlan inside, ' +
      'whose machines have addresses of their own, is then cut off. It is for veths of root on a bridge ' +
      "of the kernel's, and takes Linux 5.18. IP addresses are not looked at.",
    parse: oneOf('none', 'mac'),
    needs: { name: 'lxc.net.[i].type', value: 'veth' },
  }),
};

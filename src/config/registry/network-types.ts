/** What is particular to one type of network interface: written after lxc.net.[i].type, and forgotten when it is set again. */
import { list, scalar, single } from '../key.ts';
import { interfaceName, ipv4Route, ipv6Route, showRoute, untaggedVlan, vlanId } from '../values/network.ts';
import { oneOf, whole } from '../values/plain.ts';

const of = (value: 'veth' | 'macvlan' | 'ipvlan' | 'vlan') => ({ name: 'lxc.net.[i].type', value });

/** The kernel's own limit of a device's queues. */
const MOST_QUEUES = 4096;

export const networkTypes = {
  vethPair: scalar({
    name: 'lxc.net.[i].veth.pair',
    syntax: 'INTERFACE',
    doc: "The name of the pair's end on the host.",
    parse: interfaceName,
    needs: of('veth'),
  }),
  vethMode: scalar({
    name: 'lxc.net.[i].veth.mode',
    syntax: 'bridge|router',
    fallback: 'bridge',
    doc:
      "bridge: the host's end is a port of the bridge that link names; router: the host routes the container's addresses " +
      'to it, and answers on it for the gateways, which need not be addresses of the host.',
    parse: oneOf('bridge', 'router'),
    needs: of('veth'),
  }),
  vethRxQueues: scalar({
    name: 'lxc.net.[i].veth.n_rxqueues',
    syntax: 'NUMBER',
    doc: 'How many queues both ends receive with; one where it is not set.',
    parse: whole(1, MOST_QUEUES),
    needs: of('veth'),
  }),
  vethTxQueues: scalar({
    name: 'lxc.net.[i].veth.n_txqueues',
    syntax: 'NUMBER',
    doc: 'How many queues both ends send with; one where it is not set.',
    parse: whole(1, MOST_QUEUES),
    needs: of('veth'),
  }),
  vethIpv4Route: list({
    name: 'lxc.net.[i].veth.ipv4.route',
    syntax: 'NETWORK/PREFIX',
    doc: 'An IPv4 network that the host reaches through the container.',
    parse: single(ipv4Route),
    show: showRoute,
    joinedBy: '\n',
    needs: of('veth'),
  }),
  vethIpv6Route: list({
    name: 'lxc.net.[i].veth.ipv6.route',
    syntax: 'NETWORK/PREFIX',
    doc: 'An IPv6 network that the host reaches through the container.',
    parse: single(ipv6Route),
    show: showRoute,
    joinedBy: '\n',
    needs: of('veth'),
  }),
  vethVlanId: scalar({
    name: 'lxc.net.[i].veth.vlan.id',
    syntax: 'none|NUMBER',
    doc:
      "The VLAN of the untagged frames on a bridge that filters VLANs, or on one of Open vSwitch's; none: untagged " +
      "frames are dropped; not set: the bridge's default.",
    parse: untaggedVlan,
    show: (id) => (id === 'none' ? '-1' : String(id)),
    needs: of('veth'),
  }),
  vethVlanTaggedId: list({
    name: 'lxc.net.[i].veth.vlan.tagged.id',
    syntax: 'NUMBER',
    doc: 'A VLAN whose frames, with their tags, go in and out on such a bridge.',
    parse: single(vlanId),
    joinedBy: '\n',
    needs: of('veth'),
  }),
  macvlanMode: scalar({
    name: 'lxc.net.[i].macvlan.mode',
    syntax: 'private|vepa|bridge|passthru',
    fallback: 'private',
    doc:
      "Whether it speaks to other macvlans of the same link: private: never; vepa: by way of the link's neighbour; " +
      'bridge: directly; passthru: there is no other, and the container has the link to itself.',
    parse: oneOf('private', 'vepa', 'bridge', 'passthru'),
    needs: of('macvlan'),
  }),
  ipvlanMode: scalar({
    name: 'lxc.net.[i].ipvlan.mode',
    syntax: 'l2|l3|l3s',
    fallback: 'l3',
    doc:
      'l3: packets are routed by the host, without broadcast; l3s: the same, and they pass the firewall of the host; ' +
      "l2: frames go to the link as the container makes them, but for the hardware address, which is the link's.",
    parse: oneOf('l2', 'l3', 'l3s'),
    needs: of('ipvlan'),
  }),
  ipvlanIsolation: scalar({
    name: 'lxc.net.[i].ipvlan.isolation',
    syntax: 'bridge|private|vepa',
    fallback: 'bridge',
    doc:
      'Whether it speaks to other ipvlans of the same link: bridge: directly; private: never; ' +
      "vepa: by way of the link's neighbour.",
    parse: oneOf('bridge', 'private', 'vepa'),
    needs: of('ipvlan'),
  }),
  vlanId: scalar({
    name: 'lxc.net.[i].vlan.id',
    syntax: 'NUMBER',
    fallback: '0',
    doc: 'The VLAN of the link whose frames the container sees without their tags.',
    parse: vlanId,
    needs: of('vlan'),
  }),
};

/** Network interfaces: lxc.net.[i].*, where i is a number that orders them. */
import { BadValue, list, scalar, single } from '../key.ts';
import { whole } from '../values/plain.ts';
import {
  hardwareAddress,
  interfaceName,
  ipv4Address,
  ipv4Gateway,
  ipv6Address,
  ipv6Gateway,
  showAddress,
} from '../values/network.ts';
import type { NetworkConfig } from '../model.ts';

type InterfaceType = NetworkConfig['type']['value'];
const TYPES: readonly string[] = ['empty', 'none', 'veth'] satisfies InterfaceType[];
const DEFERRED = ['macvlan', 'vlan', 'ipvlan', 'phys'];

function interfaceType(value: string): InterfaceType {
  if (DEFERRED.includes(value)) throw new BadValue(`${value} is not supported by this version of TLXC`);
  if (TYPES.includes(value)) return value as InterfaceType;
  throw new BadValue('it must be one of empty, none, veth');
}

export const network = {
  type: scalar({
    name: 'lxc.net.[i].type',
    syntax: 'empty|none|veth',
    doc: "veth: a pair of interfaces, one end inside; empty: loopback only; none: the host's network.",
    parse: interfaceType,
    accepts: { words: TYPES },
    // What is particular to a type is written after it, and forgotten with it, as in LXC.
    supersedes: ['lxc.net.[i].veth.pair'],
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
    doc: 'The bridge of the host that the interface is connected to.',
    parse: interfaceName,
  }),
  name: scalar({
    name: 'lxc.net.[i].name',
    syntax: 'INTERFACE',
    doc: "The interface's name inside; eth0, eth1 … where it is not set.",
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
    doc: "The largest packet; the bridge's where it is not set.",
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
    doc: "Where IPv4 traffic leaves: auto is the bridge's own address, dev the interface itself.",
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
    doc: "Where IPv6 traffic leaves: auto is the bridge's own address, dev the interface itself.",
    parse: ipv6Gateway,
  }),
  vethPair: scalar({
    name: 'lxc.net.[i].veth.pair',
    syntax: 'INTERFACE',
    doc: "The name of the pair's end on the host.",
    parse: interfaceName,
    needs: { name: 'lxc.net.[i].type', value: 'veth' },
  }),
};

/** The part of the plan that makes network interfaces, and the record of what such an interface may leave on the host. */
import { Type } from '@sinclair/typebox';
import { Hook, Origin, flag, names, record, text, texts, whole } from './schema-parts.ts';

/** A text with the line that asks for it; where no line does, the line of the interface's type. */
const PlacedText = record('PlacedText', { value: text, origin: Origin });
const PlacedNumber = record('PlacedNumber', { value: whole, origin: Origin });

const Address = record('Address', { address: text, prefix: whole, broadcast: text, origin: Origin });
const HostRoute = record('HostRoute', { address: text, prefix: whole, origin: Origin });

/** Loopback alone: it is there already, and gets the addresses. */
const EmptyDevice = record('EmptyDevice', { op: Type.Literal('empty') });

const VethDevice = record('VethDevice', {
  op: Type.Literal('veth'),
  /** The host's end; "": the executor draws vethXXXXXX. */
  hostName: PlacedText,
  /** bridge: the host's end joins the link, a bridge, where there is one; router: the host routes to it. */
  mode: names('VethMode', 'bridge', 'router'),
  /** 0: the kernel's one. */
  rxQueues: PlacedNumber,
  txQueues: PlacedNumber,
  /** Networks that the host reaches by the host's end. */
  ipv4Routes: Type.Array(HostRoute),
  ipv6Routes: Type.Array(HostRoute),
  /** The VLAN of untagged frames; -2: the bridge's default, -1: none. */
  vlan: PlacedNumber,
  taggedVlans: Type.Array(PlacedNumber),
  /** The bridge takes frames from the interface's hardware address alone. */
  ownFramesOnly: Type.Union([Origin, Type.Null()]),
});

const MacvlanDevice = record('MacvlanDevice', {
  op: Type.Literal('macvlan'),
  mode: names('MacvlanMode', 'private', 'vepa', 'bridge', 'passthru'),
});

const IpvlanDevice = record('IpvlanDevice', {
  op: Type.Literal('ipvlan'),
  mode: names('IpvlanMode', 'l2', 'l3', 'l3s'),
  isolation: names('IpvlanIsolation', 'bridge', 'private', 'vepa'),
});

const VlanDevice = record('VlanDevice', { op: Type.Literal('vlan'), id: PlacedNumber });

/** An interface of the host's, lent to the container. */
const PhysDevice = record('PhysDevice', {
  op: Type.Literal('phys'),
  /** The link is the beginning of a name: the last interface that has it is taken, as LXC does. */
  prefix: flag,
});

/** What leaves it goes through sockets of the user's: passt(1) makes them of its frames. */
const PasstDevice = record('PasstDevice', {
  op: Type.Literal('passt'),
  /** An absolute path. */
  program: text,
  /** All but the descriptor that it gets its frames by. */
  arguments: texts,
});

const Device = Type.Union(
  [EmptyDevice, VethDevice, MacvlanDevice, IpvlanDevice, VlanDevice, PhysDevice, PasstDevice],
  { $id: 'Device' },
);

export const Interface = record('Interface', {
  index: whole,
  device: Device,
  /** The interface of the host that it is connected to; "": none. */
  link: PlacedText,
  /** The name inside; "": eth%d, and what a phys is called on the host. */
  name: PlacedText,
  /** "": the kernel draws one. */
  hwaddr: PlacedText,
  /** 0: the link's. */
  mtu: PlacedNumber,
  up: flag,
  ipv4: Type.Array(Address),
  ipv6: Type.Array(Address),
  /** "", an address, "auto" (the link's own address) or "dev". */
  ipv4Gateway: PlacedText,
  ipv6Gateway: PlacedText,
  /** The host answers on the link for the addresses. */
  l2proxy: Type.Union([Origin, Type.Null()]),
  /** What the executor adds: the link's name where there is a link, then the host's end of a veth. */
  scriptUp: Type.Union([Hook, Type.Null()]),
  scriptDown: Type.Union([Hook, Type.Null()]),
  /** The line of the type. */
  origin: Origin,
});

/** An address that an interface had; lifetimes in seconds, as the kernel counts them. */
const LeftAddress = record('LeftAddress', {
  address: text,
  prefix: whole,
  broadcast: text,
  /** Of the kernel's IFA_F_*, those that somebody set. */
  flags: whole,
  valid: whole,
  preferred: whole,
});

/** An interface of the host's as it was when the container got it. */
const LeftDevice = record('LeftDevice', {
  op: Type.Literal('device'),
  /** N of lxc.net.N. */
  interface: whole,
  name: text,
  altnames: texts,
  mtu: whole,
  up: flag,
  hwaddr: text,
  addresses: Type.Array(LeftAddress),
  /** What it is known by when its name is another: the device it belongs to, and the address that was made with it. */
  device: text,
  permanent: text,
});

/** The host answers for the address on the link. */
const LeftProxy = record('LeftProxy', { op: Type.Literal('proxy'), link: text, address: text });

/** A route that leads the address to the host's loopback, where an ipvlan takes it up. */
const LeftRoute = record('LeftRoute', { op: Type.Literal('route'), address: text });

/** A port of a bridge of Open vSwitch's, which outlives its interface. */
const LeftPort = record('LeftPort', { op: Type.Literal('port'), bridge: text, port: text });

/** A Unix socket that leads into the container (schema-forward.ts). */
const LeftSocket = record('LeftSocket', { op: Type.Literal('socket'), path: text, lock: text });

/** What does not end with the container's network namespace. */
const Leaving = Type.Union([LeftDevice, LeftProxy, LeftRoute, LeftPort, LeftSocket], { $id: 'Leaving' });

/** network.json in the run directory, written before the host is changed: for the sweep after a monitor's death. */
export const Leavings = record('Leavings', { leavings: Type.Array(Leaving) });

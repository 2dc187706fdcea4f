/** What is to be done to links and addresses of the host's, in this order: tlxc-monitor change-links does it by netlink. */
import { Type, type TProperties } from '@sinclair/typebox';

const record = <P extends TProperties>($id: string, properties: P) =>
  Type.Object(properties, { $id, additionalProperties: false });
const text = Type.String();
const link = text;

/** One that does not exist yet. */
const MakeLink = record('MakeLink', {
  op: Type.Literal('make'),
  link,
  /** bridge, veth (its other end gets a name from the kernel), macvlan, ipvlan, vlan. */
  kind: text,
  /** "": the kernel draws one. */
  hwaddr: text,
  /** What it lies upon; "": nothing. */
  on: text,
  /** Of a vlan. */
  vlan: Type.Integer(),
});

/** The bridge is gone afterwards; what is no bridge is left alone. */
const DeleteBridge = record('DeleteBridge', { op: Type.Literal('delete'), link });

const SetState = record('SetState', { op: Type.Literal('state'), link, up: Type.Boolean() });

/** Connects it to the bridge, and sets it up. */
const JoinBridge = record('JoinBridge', { op: Type.Literal('port'), link, bridge: text });

/** One that it has already stays as it is. */
const GiveAddress = record('GiveAddress', {
  op: Type.Literal('address'),
  link,
  address: text,
  prefix: Type.Integer(),
  /** "": none. */
  broadcast: text,
  /** An IPv6 address that is used at once, without asking whether others have it. */
  sure: Type.Boolean(),
});

/** One that it does not have is taken already. */
const TakeAddress = record('TakeAddress', {
  op: Type.Literal('no-address'),
  link,
  address: text,
  prefix: Type.Integer(),
});

const LinkChange = Type.Union([MakeLink, DeleteBridge, SetState, JoinBridge, GiveAddress, TakeAddress], {
  $id: 'LinkChange',
});

export const LinkChanges = record('LinkChanges', { changes: Type.Array(LinkChange) });

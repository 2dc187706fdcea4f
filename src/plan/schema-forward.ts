/** The part of the plan that leads ports and sockets of the host into the container, and the request that does so live. */
import { Type } from '@sinclair/typebox';
import { Origin, flag, names, record, text, whole, texts } from './schema-parts.ts';

/** A port of the host's that is listened on. */
const HostPort = record('HostPort', {
  op: Type.Literal('port'),
  /** An address of the host's, or 0.0.0.0 or :: for all. */
  address: text,
  /** IPv4 comes to this IPv6 address, too. */
  both: flag,
  port: whole,
});

/** A Unix socket on the host, made when it is listened on and removed afterwards. */
const HostSocket = record('HostSocket', {
  op: Type.Literal('socket'),
  path: text,
  mode: whole,
  /** -1: the monitor's own. */
  uid: whole,
  gid: whole,
  /** A file that is locked meanwhile: of several who find a dead socket, one takes its place. */
  lock: text,
});

const InsidePort = record('InsidePort', {
  op: Type.Literal('port'),
  /** In the container's network: one or two, the second where nobody listens at the first. */
  addresses: texts,
  port: whole,
});

/** A Unix socket of the container's file system. */
const InsideSocket = record('InsideSocket', { op: Type.Literal('socket'), path: text });

export const Forward = record('Forward', {
  /** What it is known by: "tcp 8080", "udp [::1]:53", "tcp unix:/run/x.sock". */
  listen: text,
  /** Where it leads, as a person writes it. */
  connect: text,
  /** tcp: a stream, of TCP or of a Unix socket. */
  protocol: names('ForwardProtocol', 'tcp', 'udp'),
  /** Seconds of silence that end a conversation of udp. */
  idle: whole,
  /** tcp: a line of the PROXY protocol, version 1, goes before what a client sends. */
  proxyProtocol: flag,
  from: Type.Union([HostPort, HostSocket], { $id: 'ForwardFrom' }),
  to: Type.Union([InsidePort, InsideSocket], { $id: 'ForwardTo' }),
  origin: Origin,
});

export const Forwards = record('Forwards', {
  /** tlxc-proxy, absolute path: carries the bytes. */
  program: text,
  all: Type.Array(Forward),
});

/** What the monitor is asked to add to a running container. */
export const ForwardRequest = record('ForwardRequest', {
  op: Type.Literal('forward'),
  program: text,
  forward: Forward,
});

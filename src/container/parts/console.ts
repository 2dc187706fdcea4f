/** A container's console, or one of its ttys, as a stream. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ReadStream } from 'node:tty';
import { native } from '../../native/binding.ts';
import { openConsole } from '../console.ts';
import { containerPaths } from '../paths.ts';
import type { Located } from './place.ts';

/** 0: the console; n: that tty; -1: the next free one. Destroying the stream gives it back. */
export function consoleStream({ system, lxcpath, name }: Located, tty: number): Duplex {
  const { peer, connection } = openConsole(containerPaths(system, lxcpath, name), tty);
  const stream = native().windowSize(peer) === null ? new Socket({ fd: peer }) : new ReadStream(peer);
  stream.on('close', () => native().closeFd(connection));
  // EIO: the other side of a terminal is gone, which is the end of it, and no more.
  stream.on('error', () => undefined);
  return stream;
}

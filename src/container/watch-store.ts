/**
 * State changes of all containers of a store, of those to come too. Whoever watches listens on a socket of its own in the
 * store's run directory, where each monitor looks when it has something to tell (native/monitor/watchers.h): so none
 * has to be found, and the first word of a start is not missed.
 */
import { closeSync, constants, openSync, renameSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { SystemConfig } from '../config/model.ts';
import { heeded } from '../host/ignored-signals.ts';
import type { Event } from '../monitor/protocol.ts';
import { removeFile } from '../remove-file.ts';
import { makeRunDir } from './lock.ts';
import { storeRunDir } from './paths.ts';

export interface StoreEvent extends Event {
  /** The container's. */
  readonly name: string;
}

type Tell = (event: StoreEvent) => void;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Those of this process, which go with it. */
const ours = new Set<string>();

const removeOurs = (): void => ours.forEach((socket) => removeFile(socket));

/** First among the listeners, so that those that listen once are still counted. */
function leave(signal: NodeJS.Signals): void {
  // A program that handles the signal itself decides what it means, and may go on.
  if (process.listeners(signal).some((each) => each !== leave)) return;
  removeOurs();
  for (const each of SIGNALS) process.off(each, leave);
  process.kill(process.pid, signal);
}

function sweepAtEnd(socket: string): void {
  if (ours.size === 0) {
    process.on('exit', removeOurs);
    for (const signal of heeded(SIGNALS)) process.prependListener(signal, leave);
  }
  ours.add(socket);
}

function forget(socket: string): void {
  ours.delete(socket);
  if (ours.size > 0) return;
  process.off('exit', removeOurs);
  for (const signal of SIGNALS) process.off(signal, leave);
}

/** What one monitor tells, a line an event; its container is gone with it, whatever ended it. */
function follow(socket: Socket, tell: Tell): void {
  let rest = '';
  let last: StoreEvent | undefined;
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) tell((last = JSON.parse(line) as StoreEvent));
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (last && (last.state !== 'STOPPED' || last.reboot)) tell({ name: last.name, state: 'STOPPED' });
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(path, resolve);
  });
}

/**
 * Tells of every change from the moment it resolves until the function that it resolves to is called. The socket goes
 * when the process ends, by a signal too. Throws TLXC_E_PERMISSION where the run directory is not ours.
 */
export async function watchStore(system: SystemConfig, lxcpath: string, tell: Tell): Promise<() => void> {
  const directory = join(storeRunDir(system, lxcpath), '.watchers');
  makeRunDir({ name: '', runDir: directory });
  const name = `${process.pid}-${Math.random().toString(36).slice(2)}`;
  const socket = join(directory, name);
  const sockets = new Set<Socket>();
  const server = createServer((each) => {
    sockets.add(each);
    follow(each, tell);
  });
  // By a descriptor: the path may be longer than an address can be.
  const place = openSync(directory, constants.O_DIRECTORY);
  const listening = listen(server, `/proc/self/fd/${place}/.${name}`);
  // Before anything is awaited, for it listens already, and Node tells of that later: a container that is started meanwhile is
  // not missed. A monitor that found it before it listened would take it for one that was left behind.
  try {
    renameSync(join(directory, `.${name}`), socket);
  } catch (error) {
    await listening; // which says why
    throw error;
  }
  await listening;
  sweepAtEnd(socket);
  return () => {
    removeFile(socket);
    forget(socket);
    for (const each of sockets) each.removeAllListeners('close').destroy();
    server.close(() => closeSync(place));
  };
}

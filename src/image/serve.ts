/** A small image server: static files, byte ranges, what did not change, and the lenience with paths that clients of the real one rely on. */
import { closeSync, createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { wantedOf, type Version } from './http-conditions.ts';
import { openServed } from './served-files.ts';

/** How an answer goes wrong; only tests ask for one. */
export interface Fault {
  /** Answer with this status. */
  readonly status?: number;
  /** Send the redirect's Location with it. */
  readonly location?: string;
  /** Cut the connection after this many bytes of the body. */
  readonly cutAfter?: number;
  /** Flip the bits of the byte at this offset of the file. */
  readonly damageAt?: number;
  /** Say that the body has this many bytes. */
  readonly length?: number;
  /** Say nothing more after this many bytes of the body. */
  readonly hangAfter?: number;
}

export interface ServeOptions {
  readonly root: string;
  readonly host?: string;
  /** 0: any free one. */
  readonly port?: number;
  /** PEM texts; null: plain HTTP. */
  readonly tls: { readonly key: string; readonly cert: string } | null;
  /** A client that takes or sends nothing for so long is hung up on. */
  readonly idleMs?: number;
  /** A client whose request is not there by then is hung up on. */
  readonly requestMs?: number;
  /** Called with the path of each request, before it is answered. */
  readonly onRequest?: (path: string) => Fault | null;
}

export interface ImageServer {
  /** https://HOST:PORT/ */
  readonly url: string;
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 256;
/** One that has gone to sleep would have its place for ever. */
const IDLE_MS = 120_000;
/** Until a request is there whole, and TLS's greeting before it. */
const REQUEST_MS = 10_000;
/** How often that is looked at. */
const LOOK_MS = 1_000;
/** Read from a file and given to a connection by so many bytes at once. */
const PIECE = 256 * 1024;

/** Serves root until closed. Rejects with the system's error where the address cannot be had. */
export async function serveDirectory(options: ServeOptions): Promise<ImageServer> {
  const { host = '127.0.0.1', port = 0, root, tls, onRequest = () => null } = options;
  const { idleMs = IDLE_MS, requestMs = REQUEST_MS } = options;
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const path = plainPath(request.url ?? '/');
    answer({ root, path, request, response, fault: onRequest(path) ?? {} });
  };
  const patience = {
    ...{ headersTimeout: requestMs, requestTimeout: requestMs },
    connectionsCheckingInterval: Math.min(LOOK_MS, requestMs),
  };
  const server = tls
    ? createSecureServer({ ...tls, minVersion: 'TLSv1.2', handshakeTimeout: requestMs, ...patience }, handle)
    : createServer(patience, handle);
  shareOut(server);
  server.setTimeout(idleMs);
  server.listen(port, host);
  await once(server, 'listening');
  const { port: bound } = server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  return { url: `${tls ? 'https' : 'http'}://${name}:${bound}/`, close: () => close(server) };
}

/** When all places are taken, whoever holds most of them gives up the last that it took: who holds one is not kept out by who holds all. */
function shareOut(server: Server): void {
  const held = new Map<string, Set<Socket>>();
  let count = 0;
  server.on('connection', (socket: Socket) => {
    const client = clientOf(socket.remoteAddress ?? '');
    const own = held.get(client) ?? new Set<Socket>();
    held.set(client, own.add(socket));
    count++;
    socket.once('close', () => {
      count--;
      own.delete(socket);
      if (own.size === 0 && held.get(client) === own) held.delete(client);
    });
    if (count <= MAX_CONNECTIONS) return;
    const [most = own] = [...held.values()].sort((one, other) => other.size - one.size);
    [...(most.size > own.size ? most : own)].at(-1)?.destroy();
  });
}

/** Whoever has one IPv6 address has all that begin as it does: its first 64 bits. */
function clientOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=[0-9.]+$)/i, '').replace(/%.*$/, '');
  if (!plain.includes(':')) return plain;
  const [before, after] = plain.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const [head = [], tail = []] = [before, after];
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  return [...head, ...zeros, ...tail].slice(0, 4).join(':');
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** "//a%3Ab/../c" -> "/a:b/c": doubled slashes are one, nothing climbs. */
function plainPath(url: string): string {
  const path = url.split('?')[0] ?? '/';
  try {
    const parts = decodeURIComponent(path).split('/');
    return `/${parts.filter((part) => part !== '' && part !== '.' && part !== '..').join('/')}`;
  } catch {
    return '/';
  }
}

interface Exchange {
  readonly root: string;
  readonly path: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly fault: Fault;
}

/** A file that is open, as it was then: one that takes its place is another. */
interface Opened extends Version {
  readonly fd: number;
}

/** The caller closes it. null: nothing there that is served. */
function openFile(root: string, path: string): Opened | null {
  const file = openServed(root, path);
  if (file === null) return null;
  const { fd, stats } = file;
  const etag = `"${stats.size.toString(16)}-${stats.mtimeNs.toString(16)}"`;
  return { fd, size: Number(stats.size), modifiedMs: Number(stats.mtimeMs), etag };
}

function answer({ root, path, request, response, fault }: Exchange): void {
  if (fault.status !== undefined) {
    response.writeHead(fault.status, fault.location === undefined ? {} : { location: fault.location }).end();
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  // What begins with a dot is on its way, or nobody's business.
  const file = path.includes('/.') ? null : openFile(root, path);
  if (file === null) response.writeHead(404).end();
  else respond({ file, request, response, fault });
}

interface Answering extends Pick<Exchange, 'request' | 'response' | 'fault'> {
  readonly file: Opened;
}

/** 200, 206, 304 or 416, as the request says. It has the file from now on. */
function respond({ file, request, response, fault }: Answering): void {
  const { size, etag, modifiedMs } = file;
  const wanted = wantedOf(request.headers, file);
  const about = { etag, 'last-modified': new Date(modifiedMs).toUTCString(), 'accept-ranges': 'bytes' };
  const isPart = 'start' in wanted;
  if (isPart) {
    const { status, start, end } = wanted;
    const partial = status === 206 ? { 'content-range': `bytes ${start}-${end}/${size}` } : {};
    response.writeHead(status, { 'content-length': fault.length ?? end - start + 1, ...about, ...partial });
  } else {
    response.writeHead(wanted.status, wanted.status === 416 ? { 'content-range': `bytes */${size}` } : about);
  }
  if (isPart && request.method === 'GET' && size > 0) sendFile({ ...wanted, fd: file.fd, response, fault });
  else {
    closeSync(file.fd);
    response.end();
  }
}

interface Sending {
  readonly fd: number;
  readonly start: number;
  readonly end: number;
  readonly response: ServerResponse;
  readonly fault: Fault;
}

function sendFile({ fd, start, end, response, fault }: Sending): void {
  const limit = fault.cutAfter ?? fault.hangAfter;
  const last = limit === undefined ? end : Math.min(end, start + limit - 1);
  let offset = start;
  const stream = createReadStream('', { fd, start, end: last, highWaterMark: PIECE });
  stream.on('data', (chunk) => {
    const bytes = chunk as Buffer;
    const at = (fault.damageAt ?? -1) - offset;
    if (at >= 0 && at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    offset += bytes.length;
    if (!response.write(bytes)) {
      stream.pause();
      response.once('drain', () => stream.resume());
    }
  });
  // Who went away takes nothing more: 'drain' never comes, and the file would stay open.
  response.once('close', () => stream.destroy());
  stream.on('error', () => response.destroy());
  stream.on('end', () => {
    if (limit === undefined || last === end) response.end();
    else if (fault.cutAfter !== undefined) setImmediate(() => response.destroy());
  });
}

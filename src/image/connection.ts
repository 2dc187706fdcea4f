/** One request to a server: over TLS or plain, directly or through the proxy that the environment names, each step with a deadline. */
import { request as requestPlain, Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as requestTls, Agent as TlsAgent } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { proxyOf } from './server.ts';
import { trusting } from './trust.ts';

export interface Asking {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** What is posted; absent: a GET. */
  readonly body?: string | undefined;
  /** Milliseconds for an answer to begin, and between two pieces of it. */
  readonly stallMs: number;
  /** As HttpOptions has it. */
  readonly ca: string | null;
}

const MAX_CONNECT_MS = 10_000;
/** A connection is kept so long for the next request. */
const KEPT = { keepAlive: true, timeout: 5_000 } as const;

const plainAgent = new Agent(KEPT);
/** By what is trusted: a connection that was made believing more is not used again by who believes less. */
const tlsAgents = new Map<string | null, TlsAgent>();

/** The server's answer, whatever its status. Throws the system's or TLS' error, or one that says what took too long. */
export async function ask(asking: Asking): Promise<IncomingMessage> {
  try {
    return await exchange(asking, true);
  } catch (error) {
    // The server closed a kept connection just when it was used again: it has seen nothing of this request.
    if (!(error instanceof ClosedMeanwhile)) throw error;
    return exchange(asking, false);
  }
}

/** An error of the network in words a person knows. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code = '' } = error as NodeJS.ErrnoException;
  const words: Record<string, string> = {
    ECONNREFUSED: 'the connection was refused',
    ECONNRESET: 'the connection was cut',
    EPIPE: 'the connection was cut',
    ENOTFOUND: 'the host name is not known',
    EAI_AGAIN: 'the host name could not be resolved (no name server answers)',
    ETIMEDOUT: 'no connection within the time limit',
    EHOSTUNREACH: 'there is no way to the host',
    ENETUNREACH: 'there is no way to its network',
  };
  if (code.startsWith('HPE_')) return 'what the server answers is not HTTP';
  return words[code] ?? error.message;
}

class ClosedMeanwhile extends Error {}

async function exchange(asking: Asking, keeping: boolean): Promise<IncomingMessage> {
  const { body, stallMs } = asking;
  const request = await begin(asking, keeping);
  const overdue = deadlines(request, stallMs);
  return new Promise((resolve, reject) => {
    request.once('error', (error: NodeJS.ErrnoException) => {
      overdue.end();
      const isLate = keeping && request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(error.code ?? '');
      reject(isLate ? new ClosedMeanwhile() : error);
    });
    request.once('response', (response) => {
      overdue.end();
      request.setTimeout(stallMs, () => response.destroy(new Error('the transfer stalled')));
      resolve(response);
    });
    request.end(body);
  });
}

const connectTime = (stallMs: number): number => Math.min(MAX_CONNECT_MS, stallMs);

/** First for the connection, then for the answer. */
function deadlines(request: ClientRequest, stallMs: number): { readonly end: () => void } {
  const after = (ms: number, words: string) => setTimeout(() => request.destroy(new Error(words)), ms);
  let timer = after(connectTime(stallMs), 'no connection within the time limit');
  request.once('finish', () => {
    clearTimeout(timer);
    timer = after(stallMs, 'the server does not answer');
  });
  return { end: () => clearTimeout(timer) };
}

async function begin(asking: Asking, keeping: boolean): Promise<ClientRequest> {
  const { url, headers, body, ca, stallMs } = asking;
  const proxy = proxyOf(url, process.env);
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const options = { method: body === undefined ? 'GET' : 'POST', headers: { ...headers, ...length } };
  if (url.protocol === 'http:') {
    const agent = keeping ? plainAgent : false;
    if (proxy === null) return requestPlain(url, { ...options, agent });
    // A proxy is told the whole address.
    const told = { ...options.headers, ...credentials(proxy), host: url.host };
    return toProxy(
      proxy,
      { ...options, headers: told, path: `${url.origin}${url.pathname}${url.search}` },
      ca,
    );
  }
  if (proxy === null)
    return requestTls(url, { ...options, ...tls(ca), agent: keeping ? tlsAgent(ca) : false });
  const through = await tunnel(proxy, url, { ca, stallMs });
  const host = plainHost(url);
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const createConnection = () => connect({ socket: through, host, ...servername, ...tls(ca) });
  return requestTls(url, { ...options, createConnection });
}

/** Whatever NODE_TLS_REJECT_UNAUTHORIZED says: a server that cannot prove its name is not talked to. */
const tls = (ca: string | null) => {
  const trusted = ca === null ? {} : { secureContext: trusting(ca) };
  return { minVersion: 'TLSv1.2', rejectUnauthorized: true, ...trusted } as const;
};

function tlsAgent(ca: string | null): TlsAgent {
  const agent = tlsAgents.get(ca) ?? new TlsAgent(KEPT);
  tlsAgents.set(ca, agent);
  return agent;
}

interface ToProxy {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

const toProxy = (proxy: URL, options: ToProxy, ca: string | null): ClientRequest =>
  proxy.protocol === 'https:'
    ? requestTls(proxy, { ...options, ...tls(ca), agent: false })
    : requestPlain(proxy, { ...options, agent: false });

/** A connection through the proxy (CONNECT), which then sees nothing of what is said. */
async function tunnel(proxy: URL, to: URL, { ca, stallMs }: Pick<Asking, 'ca' | 'stallMs'>): Promise<Duplex> {
  const host = `${to.hostname}:${to.port === '' ? 443 : to.port}`;
  const request = toProxy(
    proxy,
    { method: 'CONNECT', path: host, headers: { host, ...credentials(proxy) } },
    ca,
  );
  const late = new Error('no connection within the time limit');
  const patience = setTimeout(() => request.destroy(late), connectTime(stallMs));
  try {
    return await new Promise((resolve, reject) => {
      const refuse = (status: number | undefined) =>
        reject(new Error(`the proxy ${proxy.host} answered ${status}`));
      request.once('error', (cause) =>
        reject(new Error(`the proxy ${proxy.host}: ${reason(cause)}`, { cause })),
      );
      request.once('connect', ({ statusCode }, socket) => {
        if (statusCode === 200) resolve(socket);
        else refuse(statusCode);
        if (statusCode !== 200) socket.destroy();
      });
      request.once('response', (response) => {
        response.destroy();
        refuse(response.statusCode);
      });
      request.end();
    });
  } finally {
    clearTimeout(patience);
  }
}

const plainHost = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');

function credentials({ username, password }: URL): Record<string, string> {
  if (username === '') return {};
  const words = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(words).toString('base64')}` };
}

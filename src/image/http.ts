/** HTTP as image servers need it: TLS unless plain HTTP was written out, redirects, deadlines, retries, size limits. */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { TlxcError } from '../errors.ts';
import { proxyFor, userAgent } from './server.ts';
import { trusting } from './trust.ts';
import { withTunnel } from './tunnel.ts';

export interface HttpOptions {
  /** Milliseconds before the 2nd and the 3rd try. */
  readonly retryDelaysMs?: readonly number[];
  /** Milliseconds without a byte (or an answer) after which a transfer counts as stalled. */
  readonly stallMs?: number;
  /** Sent with every request; Authorization only to the server that was asked, and to none that it redirects to. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body of a POST (application/x-www-form-urlencoded); absent: a GET. */
  readonly form?: string;
  /** A file of certificates (PEM) that servers are trusted by, besides those that Node trusts. */
  readonly ca?: string | null;
}

export interface HttpResponse {
  readonly url: URL;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
}

const MAX_REDIRECTS = 5;
const RETRY_DELAYS_MS = [1_000, 3_000];
const STALL_MS = 30_000;
/** Who asks for more patience is not waited for: the person decides. */
const MAX_WAIT_MS = 15_000;
/** What a refusal says of itself is read so far, and not for longer. */
const MAX_WORDS = 4096;
const WORDS_MS = 3_000;
/** A text (an index, a manifest) has to be whole by then, however steadily it drips. */
const WHOLE_MS = 120_000;

export const stallTime = (options: HttpOptions): number => options.stallMs ?? STALL_MS;

/** A server's refusal, or a transfer that broke: what another try may cure. */
export class TransferError extends Error {
  /** false: the server's answer will not change by asking again (404). */
  readonly transient: boolean;
  readonly status: number;
  /** Of a refusal. */
  readonly headers: HttpResponse['headers'];
  /** The beginning of a refusal's body. */
  readonly words: string;
  /** Of the server that refused, which is another one after a redirect; "" for a transfer that broke. */
  readonly origin: string;

  constructor(
    message: string,
    details: { transient: boolean; status?: number; cause?: unknown } & Partial<Refusal>,
  ) {
    super(message, { cause: details.cause });
    this.transient = details.transient;
    this.status = details.status ?? 0;
    this.headers = details.headers ?? {};
    this.words = details.words ?? '';
    this.origin = details.origin ?? '';
  }

  /** Milliseconds that the server asks to be left alone for (Retry-After: seconds, or a date); null: it does not. */
  get retryAfterMs(): number | null {
    const value = this.headers['retry-after'];
    if (typeof value !== 'string') return null;
    const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
    return Number.isNaN(ms) ? null : Math.max(0, ms);
  }
}

interface Refusal {
  readonly headers: HttpResponse['headers'];
  readonly words: string;
  readonly origin: string;
}

const dispatchers = new Map<string, Dispatcher>();
/** What undici reads once, when a dispatcher is made. */
const PROXIES = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY'];

/**
 * One for all that is asked with the same trust, patience and proxies: so the index, the metadata and the files of an image take one
 * connection. It keeps no program from ending. undici is imported when first needed: creating from the store touches no
 * network and loads no HTTP library.
 */
async function dispatcherFor(options: HttpOptions): Promise<Dispatcher> {
  const { EnvHttpProxyAgent, Pool } = await import('undici');
  const stallMs = stallTime(options);
  const key = JSON.stringify([options.ca, stallMs, PROXIES.map((name) => process.env[name])]);
  const known = dispatchers.get(key);
  if (known) return known;
  // Whatever NODE_TLS_REJECT_UNAUTHORIZED says: a server that cannot prove its name is not talked to.
  const trusted = options.ca ? { secureContext: trusting(options.ca) } : {};
  const tls = { minVersion: 'TLSv1.2', rejectUnauthorized: true, ...trusted } as const;
  const dispatcher = new EnvHttpProxyAgent({
    connect: { timeout: Math.min(10_000, stallMs), ...tls },
    requestTls: tls,
    proxyTls: tls,
    headersTimeout: stallMs,
    bodyTimeout: stallMs,
    pipelining: 1,
    factory: (origin, poolOptions) => new Pool(origin, withTunnel(poolOptions)),
  });
  dispatchers.set(key, dispatcher);
  return dispatcher;
}

async function requestOnce(url: URL, given: Readonly<Record<string, string>>, options: HttpOptions) {
  const dispatcher = await dispatcherFor(options);
  // undici takes a connection back a turn of the event loop after the answer's last byte: who asks sooner is given a second
  // one. That costs a handshake, and nothing else.
  await nextTurn();
  const { form } = options;
  const type = form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
  const headers = { 'user-agent': userAgent(), ...type, ...given };
  return dispatcher.request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    headers,
    ...(form === undefined ? { method: 'GET' } : { method: 'POST', body: form }),
  });
}

function redirectTarget(from: URL, location: string | string[] | undefined): URL {
  const to =
    typeof location === 'string' && URL.canParse(location, from.href) ? new URL(location, from) : null;
  if (!to) throw new TransferError(`${from.href}: a redirect that leads nowhere`, { transient: false });
  const secure = to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:');
  if (!secure)
    throw new TransferError(`${from.href}: refused a redirect to ${to.href}`, { transient: false });
  return to;
}

/** The answer to one GET, after redirects; throws TransferError for a status that is not 2xx and for broken transfers. */
export async function get(
  url: URL,
  headers: Readonly<Record<string, string>>,
  options: HttpOptions,
): Promise<HttpResponse> {
  let at = url;
  let sent = { ...options.headers, ...headers };
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await requestOnce(at, sent, options).catch((cause: unknown) => {
      const proxy = proxyFor(at, process.env);
      const way = proxy === '' ? '' : `, by the proxy ${proxy}`;
      throw new TransferError(`${at.href}${way}: ${reason(cause)}`, {
        transient: !isUntrusted(cause),
        cause,
      });
    });
    const { statusCode: status } = response;
    if (status >= 200 && status < 300)
      return { url: at, status, headers: response.headers, body: response.body };
    if (![301, 302, 303, 307, 308].includes(status)) {
      const transient = status >= 500 || status === 408 || status === 429;
      const words = await wordsOf(response.body);
      const refusal = { headers: response.headers, words, origin: at.origin };
      throw new TransferError(`${at.href}: the server answered ${status}`, { transient, status, ...refusal });
    }
    response.body.on('error', () => undefined).destroy();
    // A form may hold a secret, which is for the server that it was made for.
    if (options.form !== undefined)
      throw new TransferError(`${at.href}: refused a redirect of what was posted`, { transient: false });
    const target = redirectTarget(at, response.headers['location']);
    if (target.origin !== at.origin) sent = withoutAuthorization(sent);
    at = target;
  }
  throw new TransferError(`${url.href}: more than ${MAX_REDIRECTS} redirects`, { transient: false });
}

const withoutAuthorization = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'));

/** What a refusing server says of it, as far as it comes at once. */
async function wordsOf(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  const patience = setTimeout(() => body.destroy(), WORDS_MS);
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= MAX_WORDS) break;
    }
  } catch {
    // The status says enough.
  } finally {
    clearTimeout(patience);
    body.on('error', () => undefined).destroy();
  }
  return Buffer.concat(chunks).toString('utf8').slice(0, MAX_WORDS);
}

/** OpenSSL's codes for a certificate that is not believed: asking again changes nothing. */
const isUntrusted = (error: unknown): boolean =>
  /CERT|^ERR_TLS_/.test((error as NodeJS.ErrnoException | null | undefined)?.code ?? '');

/** An error of undici or of the network in words a person knows. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  const words: Record<string, string> = {
    ECONNREFUSED: 'the connection was refused',
    ECONNRESET: 'the connection was cut',
    ENOTFOUND: 'the host name is not known',
    EAI_AGAIN: 'the host name could not be resolved (no name server answers)',
    UND_ERR_CONNECT_TIMEOUT: 'no connection within the time limit',
    UND_ERR_HEADERS_TIMEOUT: 'the server does not answer',
    UND_ERR_BODY_TIMEOUT: 'the transfer stalled',
    UND_ERR_SOCKET: 'the connection was cut',
  };
  if (/:wrong version number:/.test(error.message))
    return 'what answers there does not speak TLS (is it http://?)';
  return (code && words[code]) || error.message;
}

/** Tries up to three times; a TransferError that is not transient, and any other error, ends it at once. */
export async function withRetries<T>(
  what: string,
  options: HttpOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  const delays = options.retryDelaysMs ?? RETRY_DELAYS_MS;
  for (let tried = 0; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof TransferError)) throw error;
      const delay = delays[tried];
      const asked = error.retryAfterMs ?? 0;
      if (!error.transient || delay === undefined || asked > MAX_WAIT_MS)
        throw transferFailed(what, error, tried + 1);
      await sleep(Math.max(delay, asked));
    }
  }
}

function transferFailed(what: string, error: TransferError, tries: number): TlxcError {
  const tried = error.transient ? ` (${tries === 1 ? 'one try' : `${tries} tries`})` : '';
  const hint = hintOf(error);
  return new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `${what} could not be downloaded: ${error.message}${tried}`,
    ...(hint !== undefined && { hint }),
    cause: error,
  });
}

function hintOf({ cause, transient, status }: TransferError): string | undefined {
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return 'ask the server by a name that its certificate has: tlxc-config tlxc.image.server https://NAME';
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
    return "see whether this machine's clock is right (date); else the server needs another certificate";
  if (isUntrusted(cause))
    return 'if you trust the server: tlxc-config tlxc.image.ca FILE, where FILE has its certificate (PEM)';
  if (transient) return 'see whether the server can be reached from here (curl -I), and try again';
  return status === 404
    ? 'the server may have replaced it meanwhile: try again, or ask another one'
    : undefined;
}

/** The text at url, at most limit bytes. null: the server has no such file (404). */
export async function getText(url: URL, limit: number, options: HttpOptions): Promise<string | null> {
  try {
    const { bytes } = await getBytes(url, limit, options);
    return bytes.toString('utf8');
  } catch (error) {
    if (error instanceof TlxcError && error.cause instanceof TransferError && error.cause.status === 404)
      return null;
    throw error;
  }
}

export interface Bytes {
  readonly bytes: Buffer;
  readonly headers: HttpResponse['headers'];
}

/** What is at url, at most limit bytes, in up to three tries. Throws TLXC_E_IMAGE, its cause a TransferError. */
export async function getBytes(url: URL, limit: number, options: HttpOptions): Promise<Bytes> {
  return withRetries(url.pathname.split('/').slice(-2).join('/'), options, async () => {
    const { body, headers } = await get(url, {}, options);
    return { bytes: await readLimited(url, body, limit), headers };
  });
}

async function readLimited(url: URL, body: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const deadline = setTimeout(() => body.destroy(new Error('it takes too long')), WHOLE_MS);
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new TransferError(`${url.href}: ${reason(cause)}`, { transient: true, cause });
  } finally {
    clearTimeout(deadline);
  }
  if (size > limit) throw new TransferError(`${url.href}: larger than ${limit} bytes`, { transient: false });
  return Buffer.concat(chunks);
}

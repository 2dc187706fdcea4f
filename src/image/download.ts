/** One verified download: resumed where it broke, its size and SHA-256 checked while it streams. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream, renameSync } from 'node:fs';
import { mkdir, open, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TlxcError } from '../errors.ts';
import type { Arrival } from './arrival.ts';
import {
  get,
  reason,
  stallTime,
  TransferError,
  withRetries,
  type HttpOptions,
  type HttpResponse,
} from './http.ts';
import type { RemoteFile } from './product.ts';

export interface DownloadRequest {
  readonly url: URL;
  readonly file: RemoteFile;
  /** Where the verified file goes; a partial one stays beside it as DESTINATION.part for the next try. */
  readonly destination: string;
  /** No file larger than this is taken, whatever the server says. */
  readonly limit: number;
  /** total is null where the server does not say. */
  readonly onProgress: (received: number, total: number | null) => void;
  /** Told of every byte that is in the file, for who reads it meanwhile. */
  readonly arrival?: Arrival;
}

/** What comes is written by so many bytes at once: TLS gives 16 KiB, and each write wakes a thread, and who reads behind. */
const PIECE = 256 * 1024;
/** A transfer must bring this much in every stall time: a server that drips one byte a second is no server. */
const MINIMUM_PROGRESS = 16 * 1024;

/** Downloads to request.destination. Throws TLXC_E_IMAGE; after a wrong checksum nothing is left. */
export async function download(request: DownloadRequest, options: HttpOptions = {}): Promise<void> {
  const { destination, arrival } = request;
  const part = `${destination}.part`;
  await mkdir(dirname(destination), { recursive: true, mode: 0o700 });
  try {
    if (await isThere(request)) return;
    await fetchVerified(request, part, options);
  } catch (error) {
    arrival?.failed();
    throw error;
  }
  // Not synced: who finds it later, after a power failure perhaps, believes its digest alone.
  // In one go with the rename: a reader looks for the file where it was last told to be.
  renameSync(part, destination);
  arrival?.arrived(destination);
}

/** Got by a command that was killed before it had used it. */
async function isThere({ file, destination, arrival }: DownloadRequest): Promise<boolean> {
  const size = await sizeOf(destination);
  if (size === 0 || (await digestOf(destination)) !== file.sha256) return false;
  arrival?.reached(destination, size);
  arrival?.arrived(destination);
  return true;
}

/** Returns the digest of what was fetched. */
function fetchWhole(request: DownloadRequest, part: string, options: HttpOptions): Promise<string> {
  const { pathname } = request.url;
  const name = pathname.split('/').at(-1) ?? pathname;
  return withRetries(name, options, () => transfer(request, part, options)).catch(async (error: unknown) => {
    // What another try cannot complete is of no use to the next command either.
    const { cause } = error as { cause?: unknown };
    if (cause instanceof TransferError && !cause.transient) await rm(part, { force: true });
    throw error;
  });
}

async function fetchVerified(request: DownloadRequest, part: string, options: HttpOptions): Promise<void> {
  const { file, url } = request;
  const isResumed = (await sizeOf(part)) > 0;
  let sha256 = await fetchWhole(request, part, options);
  // What an earlier command left may have holes since a power failure: that is not the server's fault.
  if (sha256 !== file.sha256 && isResumed) {
    await rm(part, { force: true });
    sha256 = await fetchWhole(request, part, options);
  }
  if (sha256 !== file.sha256) {
    await rm(part, { force: true });
    throw new TlxcError({
      code: 'TLXC_E_IMAGE',
      message: `${url.href}: SHA-256 is ${sha256}, but the server's index says ${file.sha256}: refused`,
      hint: 'the file was damaged on its way or on the server; try again later, or another server (--server)',
    });
  }
}

/** One try, from where the last one ended. Returns the digest of the whole file. */
async function transfer(request: DownloadRequest, part: string, options: HttpOptions): Promise<string> {
  const already = await sizeOf(part);
  const { size: announced, sha256: wanted } = request.file;
  if (already > 0 && (announced === null || already === announced)) {
    // Complete perhaps, though its size is not known: a range beyond its end would only be refused.
    const digest = await digestOf(part, already);
    if (digest === wanted) request.arrival?.reached(part, already);
    if (digest === wanted || already === announced) return digest;
  }
  const response = await get(request.url, already > 0 ? { range: `bytes=${already}-` } : {}, options).catch(
    async (error: unknown) => {
      // A range that the server cannot satisfy: what we have is not a beginning of what it has.
      if (!(error instanceof TransferError) || error.status !== 416) throw error;
      await rm(part, { force: true });
      throw new TransferError(error.message, { transient: true, cause: error });
    },
  );
  const from = resumesAt(response, already) ? already : 0;
  const handle = await open(part, from > 0 ? 'a' : 'w', 0o600);
  try {
    const hash = await hashOf(part, from);
    request.arrival?.reached(part, from);
    const size = await receive({ request, response, part, handle, hash, from }, options);
    checkSize(request, response, size, from);
    return hash.digest('hex');
  } finally {
    await handle.close();
  }
}

const sizeOf = (path: string) =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );
const digestOf = async (path: string, size = Infinity) => (await hashOf(path, size)).digest('hex');

async function hashOf(path: string, size: number): Promise<Hash> {
  const hash = createHash('sha256');
  if (size > 0)
    for await (const chunk of createReadStream(path, { end: size - 1 })) hash.update(chunk as Buffer);
  return hash;
}

function resumesAt(response: HttpResponse, offset: number): boolean {
  const range = response.headers['content-range'];
  return response.status === 206 && typeof range === 'string' && range.startsWith(`bytes ${offset}-`);
}

interface Reception {
  readonly request: DownloadRequest;
  readonly response: HttpResponse;
  readonly part: string;
  readonly handle: FileHandle;
  readonly hash: Hash;
  readonly from: number;
}

/** What was received goes to the file in pieces; each that is there is told of. */
class Pieces {
  readonly #reception: Reception;
  #held: Buffer[] = [];
  #size = 0;
  #written: number;

  constructor(reception: Reception) {
    this.#reception = reception;
    this.#written = reception.from;
  }

  /** Returns whether it is time to write. */
  take(chunk: Buffer): boolean {
    this.#held.push(chunk);
    this.#size += chunk.length;
    return this.#size >= PIECE;
  }

  /** What is held. */
  async write(): Promise<void> {
    const { request, part, handle, hash } = this.#reception;
    const [held, size] = [this.#held, this.#size];
    [this.#held, this.#size] = [[], 0];
    if (size === 0) return;
    for (const chunk of held) hash.update(chunk);
    const { bytesWritten } = await handle.writev(held);
    // A disk that is nearly full takes a part, and says why at the next.
    if (bytesWritten < size) await handle.writeFile(Buffer.concat(held).subarray(bytesWritten));
    this.#written += size;
    request.arrival?.reached(part, this.#written);
  }
}

/** Returns the size of the file. */
async function receive(reception: Reception, options: HttpOptions): Promise<number> {
  const { request, response, from } = reception;
  const pieces = new Pieces(reception);
  const limit = request.file.size ?? request.limit;
  const total = request.file.size ?? lengthOf(response, from);
  let size = from;
  const tooSlow = watchProgress(
    () => size,
    stallTime(options),
    () => response.body.destroy(new Error('the transfer stalled')),
  );
  try {
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit)
        throw new TransferError(`${request.url.href}: larger than ${limit} bytes`, { transient: false });
      if (pieces.take(chunk)) await pieces.write();
      request.onProgress(size, total);
    }
    await pieces.write();
    return size;
  } catch (error) {
    // The next try goes on behind what came until it broke, unless that cannot be written: then it says why.
    await pieces.write().catch(() => undefined);
    throw transferProblem(request.url, error);
  } finally {
    clearInterval(tooSlow);
  }
}

function transferProblem(url: URL, error: unknown): unknown {
  if (error instanceof TransferError) return error;
  const { code, syscall } = error as NodeJS.ErrnoException;
  // Our own disk is full or broken: no retry cures that.
  if (syscall === 'write' && code !== 'ECONNRESET' && code !== 'EPIPE') return error;
  return new TransferError(`${url.href}: ${reason(error)}`, { transient: true, cause: error });
}

function watchProgress(size: () => number, stallMs: number, stalled: () => void): NodeJS.Timeout {
  let before = size();
  return setInterval(() => {
    if (size() - before < MINIMUM_PROGRESS) stalled();
    before = size();
  }, stallMs);
}

function lengthOf(response: HttpResponse, from: number): number | null {
  const length = Number(response.headers['content-length']);
  return Number.isSafeInteger(length) && length > 0 ? from + length : null;
}

function checkSize({ url, file }: DownloadRequest, response: HttpResponse, size: number, from: number): void {
  const expected = file.size ?? lengthOf(response, from);
  if (expected === null || size === expected) return;
  throw new TransferError(`${url.href}: ${size} of ${expected} bytes arrived`, { transient: true });
}

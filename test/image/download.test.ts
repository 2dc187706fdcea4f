import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { download } from '../../src/image/download.ts';
import { serveImages, type Fault } from '../rig/serve-images.ts';

const content = randomBytes(300_000);
const sha256 = createHash('sha256').update(content).digest('hex');
const QUICK = { retryDelaysMs: [1, 1], stallMs: 500 };

interface Attempt {
  readonly fault?: (path: string, before: number) => Fault | null;
  readonly size?: number | null;
  readonly sha256?: string;
  readonly limit?: number;
  /** What an earlier, broken transfer left. */
  readonly part?: Buffer;
  /** What an earlier command got, and has not used. */
  readonly whole?: Buffer;
}

async function attempt(t: ExecutionContext, how: Attempt) {
  const root = mkdtempSync(join(tmpdir(), 'tlxc-download-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, 'file'), content);
  const server = await serveImages({ root, ...(how.fault && { fault: how.fault }) });
  t.teardown(() => server.close());
  const directory = join(root, 'cache');
  const destination = join(directory, 'got');
  mkdirSync(directory);
  if (how.part) writeFileSync(`${destination}.part`, how.part);
  if (how.whole) writeFileSync(destination, how.whole);
  const progress: number[] = [];
  const file = {
    path: 'file',
    sha256: how.sha256 ?? sha256,
    size: how.size === undefined ? content.length : how.size,
  };
  const error = await download(
    {
      ...{ file, destination, limit: how.limit ?? 1e6 },
      url: new URL('file', server.url),
      onProgress: (received) => progress.push(received),
    },
    QUICK,
  ).then(
    () => null,
    (thrown: unknown) => thrown as Error,
  );
  const got = existsSync(destination) ? readFileSync(destination) : null;
  const left = existsSync(directory) ? readdirSync(directory) : [];
  return { error, got, left, progress, requests: server.requests };
}

test('a whole file arrives, and its progress is told', async (t) => {
  const { error, got, left, progress } = await attempt(t, {});
  t.is(error, null);
  t.true(got?.equals(content));
  t.deepEqual(left, ['got']);
  t.is(progress.at(-1), content.length);
});

test('a transfer cut twice is resumed where it broke', async (t) => {
  const fault = (_: string, before: number) => (before < 2 ? { cutAfter: 100_000 } : null);
  const { error, got, requests } = await attempt(t, { fault });
  t.is(error, null);
  t.true(got?.equals(content));
  t.is(requests.length, 3);
});

test('what an earlier command got is not fetched again', async (t) => {
  const { got, progress } = await attempt(t, { part: content.subarray(0, 200_000) });
  t.true(got?.equals(content));
  t.true((progress[0] ?? 0) > 200_000);
});

test('a leftover that is the whole file is taken as it is, also where no size is known', async (t) => {
  const { got, requests } = await attempt(t, { part: content, size: null });
  t.true(got?.equals(content));
  t.is(requests.length, 0);
});

test('a leftover that is longer than the file is thrown away', async (t) => {
  const { got } = await attempt(t, { part: Buffer.concat([content, content]), size: null });
  t.true(got?.equals(content));
});

test('a leftover that lost its end to a power failure is fetched anew', async (t) => {
  for (const size of [200_000, content.length]) {
    const part = Buffer.concat([content.subarray(0, size - 65536), Buffer.alloc(65536)]);
    const { error, got, left } = await attempt(t, { part });
    t.is(error, null);
    t.true(got?.equals(content));
    t.deepEqual(left, ['got']);
  }
});

test('a server that is down for a moment is asked again', async (t) => {
  const { error, requests } = await attempt(t, {
    fault: (_, before) => (before < 2 ? { status: 503 } : null),
  });
  t.is(error, null);
  t.is(requests.length, 3);
});

test('after three tries it ends, saying what the server answered', async (t) => {
  const { error, requests } = await attempt(t, { fault: () => ({ status: 503 }) });
  t.regex(error?.message ?? '', /file could not be downloaded: .*answered 503 \(3 tries\)/);
  t.is(requests.length, 3);
});

test('a file that is not there is asked for once', async (t) => {
  const { error, requests } = await attempt(t, { fault: () => ({ status: 404 }) });
  t.regex(error?.message ?? '', /answered 404$/);
  t.is(requests.length, 1);
});

test('a wrong checksum is refused, and nothing is left', async (t) => {
  const { error, left } = await attempt(t, { fault: () => ({ damageAt: 1234 }) });
  t.regex(error?.message ?? '', /SHA-256 is [0-9a-f]{64}, but the server's index says .*: refused/);
  t.deepEqual(left, []);
});

test('a server that stops sending is given up', async (t) => {
  const { error } = await attempt(t, { fault: () => ({ hangAfter: 1000 }) });
  t.regex(error?.message ?? '', /stalled/);
});

test('what an earlier command got and the disk has changed is fetched anew', async (t) => {
  t.is((await attempt(t, { whole: content })).requests.length, 0);
  const changed = Buffer.from(content);
  changed.writeUInt8(changed.readUInt8(1234) ^ 1, 1234);
  const { got, requests } = await attempt(t, { whole: changed });
  t.true(got?.equals(content));
  t.is(requests.length, 1);
});

test('a server that drips a byte now and then is given up like one that sends nothing', async (t) => {
  const server = createServer((_, response) => {
    const drip = setInterval(() => response.write('x'), 50);
    response.on('close', () => clearInterval(drip));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const directory = mkdtempSync(join(tmpdir(), 'tlxc-download-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const error = await t.throwsAsync(
    download(
      {
        url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/file`),
        ...{ file: { path: 'file', sha256, size: 100 }, destination: join(directory, 'got'), limit: 1e6 },
        onProgress: () => undefined,
      },
      QUICK,
    ),
  );
  t.regex(error.message, /stalled \(3 tries\)/);
});

test('a file shorter than announced is no file', async (t) => {
  const { error, got } = await attempt(t, { size: content.length + 1 });
  t.regex(error?.message ?? '', /300000 of 300001 bytes arrived|answered 416/);
  t.is(got, null);
});

test('a file larger than announced, or than any image may be, is refused without a leftover', async (t) => {
  for (const how of [{ size: 1000 }, { size: null, limit: 1000 }]) {
    const { error, left } = await attempt(t, how);
    t.regex(error?.message ?? '', /larger than 1000 bytes/);
    t.deepEqual(left, []);
  }
});

test('a redirect on the same server is followed, one that goes in circles is not', async (t) => {
  const once = (path: string, before: number) => (before === 0 ? { status: 302, location: path } : null);
  t.true((await attempt(t, { fault: once })).got?.equals(content));
  const { error } = await attempt(t, { fault: (path) => ({ status: 302, location: path }) });
  t.regex(error?.message ?? '', /more than 5 redirects/);
});

test('a server that lies about the length: the file is taken only if it is all there', async (t) => {
  for (const length of [content.length - 1000, content.length + 1000]) {
    const { error, got } = await attempt(t, { fault: () => ({ length }), size: null });
    // It may come to be whole by asking for the rest.
    if (got) t.true(got.equals(content));
    else t.is((error as { code?: string } | null)?.code, 'TLXC_E_IMAGE', String(error));
  }
});

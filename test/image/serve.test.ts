import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { get, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { ownCertificate } from '../../src/image/certificate.ts';
import { serveDirectory } from '../../src/image/serve.ts';
import { eventually } from '../rig/eventually.ts';

const isOpen = (file: string): boolean =>
  readdirSync('/proc/self/fd').some((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === file;
    } catch {
      return false;
    }
  });

test('a file is closed when whoever took it has gone in the middle', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'tlxc-serve-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const file = join(root, 'rootfs.tar.xz');
  writeFileSync(file, '');
  truncateSync(file, 2 ** 30);
  const server = await serveDirectory({ root, tls: null });
  t.teardown(() => server.close());
  await Promise.all(
    Array.from(
      { length: 20 },
      () =>
        new Promise<void>((resolve) => {
          const request = get(`${server.url}rootfs.tar.xz`, (response) => {
            response.once('data', () => request.destroy()).once('close', resolve);
            response.on('error', () => undefined);
          });
        }),
    ),
  );
  t.true(await eventually(30, () => Promise.resolve(isOpen(file) ? undefined : true)));
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What the server says to a path, as it is written. */
const ask = (url: string, path: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Promise<Answer>((resolve, reject) => {
    const { hostname, port } = new URL(url);
    get({ hostname, port, path, headers, method, agent: false, timeout: 10_000 }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    }).on('error', reject);
  });

/** Ten digits in images/ten, on the last second of 2025. */
async function serveTen(t: ExecutionContext): Promise<{ url: string; root: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-serve-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const root = join(dir, 'root');
  mkdirSync(join(root, 'images/.new'), { recursive: true });
  writeFileSync(join(dir, 'secret'), 'secret');
  writeFileSync(join(root, 'images/.new/ten'), 'half');
  writeFileSync(join(root, 'images/ten'), '0123456789');
  utimesSync(join(root, 'images/ten'), 1767225599, 1767225599);
  const server = await serveDirectory({ root, tls: null });
  t.teardown(() => server.close());
  return { url: server.url, root };
}

test('ranges, as clients write them; one that means nothing is the whole file, and ends no server', async (t) => {
  const { url } = await serveTen(t);
  for (const [range, status, body, told] of [
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=8-', 206, '89', 'bytes 8-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=-99', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=5-99', 206, '56789', 'bytes 5-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=-0', 416, '', 'bytes */10'],
    ['bytes=5-3', 200, '0123456789', undefined],
    ['bytes=0-1,4-5', 200, '0123456789', undefined],
    ['lines=1-2', 200, '0123456789', undefined],
  ] as const) {
    const answer = await ask(url, '/images/ten', { range });
    t.deepEqual([answer.status, answer.body, answer.headers['content-range']], [status, body, told], range);
  }
});

test('who has a file already is told so, and goes on only with the version it began with', async (t) => {
  const { url, root } = await serveTen(t);
  const whole = await ask(url, '/images/ten', {}, 'HEAD');
  const { etag = '', 'last-modified': modified = '', 'content-length': length } = whole.headers;
  t.deepEqual([whole.status, whole.body, length], [200, '', '10']);
  t.is(modified, 'Wed, 31 Dec 2025 23:59:59 GMT');
  const status = async (headers: Record<string, string>) => (await ask(url, '/images/ten', headers)).status;
  t.is(await status({ 'if-none-match': `"other", W/${etag}` }), 304);
  t.is(await status({ 'if-none-match': '"other"', 'if-modified-since': modified }), 200);
  t.is(await status({ 'if-modified-since': modified }), 304);
  t.is(await status({ 'if-modified-since': 'Wed, 31 Dec 2025 23:59:58 GMT' }), 200);
  t.is(await status({ 'if-modified-since': 'soon' }), 200);
  const range = 'bytes=5-';
  for (const condition of [etag, modified]) t.is(await status({ range, 'if-range': condition }), 206);
  for (const condition of ['"other"', `W/${etag}`]) t.is(await status({ range, 'if-range': condition }), 200);
  writeFileSync(join(root, 'images/ten'), 'other text');
  t.is(await status({ 'if-none-match': etag }), 200);
  t.is(await status({ range, 'if-range': etag }), 200);
});

test('no way leads out of what is served, nor to what is only begun', async (t) => {
  const { url } = await serveTen(t);
  for (const path of [
    ...[
      '/../secret',
      '/images/../../secret',
      '/%2e%2e/secret',
      '/..%2fsecret',
      '/images/%2e%2e%2f%2e%2e%2fsecret',
    ],
    ...['/images/.new/ten', '/images/%2enew/ten', '/images', '/', '/images/ten%00', '/%ff', '//..//secret'],
  ])
    t.is((await ask(url, path)).status, 404, path);
  t.is((await ask(url, '//images//./ten?a=b')).body, '0123456789');
});

test('a link leads to what is served, and nowhere else', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-serve-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const root = join(dir, 'served');
  mkdirSync(join(root, 'images'), { recursive: true });
  writeFileSync(join(dir, 'secret'), 'secret');
  writeFileSync(join(root, 'images/ten'), '0123456789');
  const links = {
    ...{ up: '../../secret', absolute: join(dir, 'secret'), above: '../..', self: '/proc/self/environ' },
    ...{ inside: 'ten', around: '../images/ten' },
  };
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(root, 'images', name));
  const server = await serveDirectory({ root, tls: null });
  t.teardown(() => server.close());
  for (const path of ['up', 'absolute', 'above/secret', 'self'])
    t.is((await ask(server.url, `/images/${path}`)).status, 404, path);
  for (const path of ['inside', 'around'])
    t.is((await ask(server.url, `/images/${path}`)).body, '0123456789', path);
});

test('who takes nothing any more is hung up on', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'tlxc-serve-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const file = join(root, 'large');
  writeFileSync(file, '');
  truncateSync(file, 2 ** 30);
  const server = await serveDirectory({ root, tls: null, idleMs: 500 });
  t.teardown(() => server.close());
  const client = connect(Number(new URL(server.url).port), '127.0.0.1').on('error', () => undefined);
  t.teardown(() => client.destroy());
  client.pause().write('GET /large HTTP/1.1\r\nhost: a\r\n\r\n');
  t.true(await eventually(30, () => Promise.resolve(isOpen(file) || undefined)));
  t.true(await eventually(30, () => Promise.resolve(isOpen(file) ? undefined : true)));
});

/** Sockets that said nothing yet, from one address of the loopback network. */
async function silentOnes(t: ExecutionContext, url: string, count: number, localAddress: string) {
  const port = Number(new URL(url).port);
  const sockets = Array.from({ length: count }, () => connect({ port, host: '127.0.0.1', localAddress }));
  t.teardown(() => sockets.forEach((socket) => socket.destroy()));
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise((resolve) => socket.on('error', resolve).on('connect', resolve).on('close', resolve)),
    ),
  );
  return sockets;
}

test('who holds all connections keeps nobody out', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'tlxc-serve-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, 'ten'), '0123456789');
  const server = await serveDirectory({ root, tls: null, requestMs: 600_000 });
  t.teardown(() => server.close());
  // A client of few, which came before; what is under way stays.
  const [early] = await silentOnes(t, server.url, 1, '127.0.0.3');
  await silentOnes(t, server.url, 300, '127.0.0.2');
  t.is((await ask(server.url, '/ten')).body, '0123456789');
  const heard = new Promise<string>((resolve) => early?.once('data', (data) => resolve(String(data))));
  early?.write('GET /ten HTTP/1.1\r\nhost: a\r\n\r\n');
  t.regex(await heard, /^HTTP\/1\.1 200 /);
});

for (const kind of ['plain', 'tls'] as const)
  test(`who says nothing is hung up on, ${kind}`, async (t) => {
    const root = mkdtempSync(join(tmpdir(), 'tlxc-serve-'));
    t.teardown(() => rmSync(root, { recursive: true }));
    const tls = kind === 'tls' ? await ownCertificate(join(root, 'own'), '127.0.0.1') : null;
    const server = await serveDirectory({ root, tls, requestMs: 200 });
    t.teardown(() => server.close());
    for (const begun of ['', 'GET / HTTP/1.1\r\nhost:']) {
      const [client] = await silentOnes(t, server.url, 1, '127.0.0.1');
      const over = new Promise((resolve) => client?.resume().once('close', resolve));
      client?.write(begun);
      // Far less than the two minutes that who takes something may pause.
      t.not(await Promise.race([over, setTimeout(30_000, 'held', { ref: false })]), 'held', begun);
    }
  });

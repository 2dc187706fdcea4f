import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo, type Server as NetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { getText } from '../../src/image/http.ts';

const ONCE = { retryDelaysMs: [], stallMs: 1_000 };

async function listening(t: ExecutionContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const says =
  (text: string): RequestListener =>
  (_, response) =>
    response.end(text);

async function tlsServer(t: ExecutionContext, listener: RequestListener) {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-connection-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const [key, ca] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const words = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', ...words, '-keyout', key, '-out', ca, ...subject], {
    stdio: 'ignore',
  });
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(ca) }, listener);
  return { ca, server, port: await listening(t, server) };
}

const connectionsOf = (server: NetServer): { count: number } => {
  const seen = { count: 0 };
  server.on('connection', () => (seen.count += 1));
  return seen;
};

test('what is asked one after the other takes one connection', async (t) => {
  const { ca, server, port } = await tlsServer(t, says('yes'));
  const seen = connectionsOf(server);
  for (const file of ['index', 'meta', 'rootfs'])
    t.is(await getText(new URL(`https://127.0.0.1:${port}/${file}`), 10, { ...ONCE, ca }), 'yes');
  t.is(seen.count, 1);
});

test('a server that takes the request and says nothing', async (t) => {
  const port = await listening(
    t,
    createServer(() => undefined),
  );
  await t.throwsAsync(getText(new URL(`http://127.0.0.1:${port}/`), 10, { ...ONCE, stallMs: 200 }), {
    message: /the server does not answer \(one try\)/,
  });
});

/** A proxy that wants a password, and what was asked of it. */
async function proxyServer(t: ExecutionContext) {
  const asked: string[] = [];
  const wanted = `Basic ${Buffer.from('anna:p@ss').toString('base64')}`;
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url} for ${incoming.headers.host}`);
    const to = request(incoming.url ?? '', (answer) => answer.pipe(response));
    to.end();
  });
  server.on('connect', (incoming, socket, head) => {
    asked.push(`CONNECT ${incoming.url}`);
    if (incoming.headers['proxy-authorization'] !== wanted) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const [host, port] = (incoming.url ?? '').split(':');
    const to = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      to.write(head);
      to.pipe(socket).pipe(to);
    });
    to.on('error', () => socket.destroy());
    socket.on('error', () => to.destroy());
  });
  return { asked, port: await listening(t, server) };
}

/** Sets what the environment says of proxies until the test ends. */
function withProxies(t: ExecutionContext, proxies: Readonly<Record<string, string>>): void {
  const before = process.env;
  process.env = { ...before, ...proxies };
  t.teardown(() => (process.env = before));
}

test.serial('through the proxy of the environment, over TLS', async (t) => {
  const { ca, port } = await tlsServer(t, says('yes'));
  const proxy = await proxyServer(t);
  const url = new URL(`https://localhost:${port}/file`);
  withProxies(t, { https_proxy: `http://anna:p%40ss@127.0.0.1:${proxy.port}` });
  t.is(await getText(url, 10, { ...ONCE, ca }), 'yes');
  t.deepEqual(proxy.asked, [`CONNECT localhost:${port}`]);
  process.env['https_proxy'] = `http://127.0.0.1:${proxy.port}`;
  await t.throwsAsync(getText(url, 10, { ...ONCE, ca }), {
    message: new RegExp(`, by the proxy 127\\.0\\.0\\.1:${proxy.port}: the proxy answered 407`),
  });
  // The proxy gives a connection, and still is not the server.
  process.env['https_proxy'] = `http://anna:p%40ss@127.0.0.1:${proxy.port}`;
  await t.throwsAsync(getText(url, 10, ONCE), { message: /certificate/ });
});

test.serial('a proxy that cannot be reached, and a server without TLS, are told of as such', async (t) => {
  const url = new URL(`https://127.0.0.1:${await listening(t, createServer(says('yes')))}/file`);
  await t.throwsAsync(getText(url, 10, ONCE), { message: /file: what answers there does not speak TLS/ });
  withProxies(t, { https_proxy: 'http://127.0.0.1:1' });
  await t.throwsAsync(getText(url, 10, ONCE), {
    message: /file, by the proxy \S+: the proxy refused the connection/,
  });
});

test.serial('a proxy that hangs up is told of, and not dialled again and again', async (t) => {
  let asked = 0;
  const proxy = createServer();
  proxy.on('connect', (_incoming, socket) => {
    asked++;
    socket.destroy();
  });
  withProxies(t, { https_proxy: `http://127.0.0.1:${await listening(t, proxy)}` });
  await t.throwsAsync(getText(new URL('https://localhost:1/file'), 10, ONCE), {
    message: /localhost:1\/file, by the proxy 127\.0\.0\.1:\d+: the proxy cut the connection \(one try\)/,
  });
  t.is(asked, 1);
});

test.serial('through the proxy of the environment, plain; not where no_proxy says so', async (t) => {
  const port = await listening(t, createServer(says('yes')));
  const proxy = await proxyServer(t);
  const url = new URL(`http://127.0.0.1:${port}/file?of=it`);
  withProxies(t, { HTTP_PROXY: `http://anna:p%40ss@127.0.0.1:${proxy.port}` });
  t.is(await getText(url, 10, ONCE), 'yes');
  t.is(proxy.asked.length, 1);
  withProxies(t, { no_proxy: '127.0.0.1' });
  t.is(await getText(url, 10, ONCE), 'yes');
  t.is(proxy.asked.length, 1);
});

test.serial('a proxy that is not there: the server is not asked past it', async (t) => {
  const server = createServer(says('yes'));
  const seen = connectionsOf(server);
  const url = new URL(`http://127.0.0.1:${await listening(t, server)}/`);
  withProxies(t, { http_proxy: 'http://127.0.0.1:1' });
  await t.throwsAsync(getText(url, 10, ONCE), { message: /, by the proxy 127\.0\.0\.1:1: .*refused/ });
  t.is(seen.count, 0);
});

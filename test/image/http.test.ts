import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createPlainServer } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { getText } from '../../src/image/http.ts';
import type { TlxcError } from '../../src/errors.ts';
import { pathOnServer, proxyFor, serverUrl } from '../../src/image/server.ts';

const QUICK = { retryDelaysMs: [1, 1], stallMs: 2_000 };

/** A server with a certificate that only who is told trusts; it redirects to plain HTTP. */
async function tlsServer(t: ExecutionContext) {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-tls-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  execFileSync('openssl', ['req', '-x509', ...ec, '-keyout', key, '-out', cert, ...subject], {
    stdio: 'ignore',
  });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => {
    response.writeHead(302, { location: 'http://localhost:1/plain' }).end();
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return { cert, url: `https://localhost:${(server.address() as AddressInfo).port}/file` };
}

test('a certificate that nobody vouches for: refused, whatever the environment says', async (t) => {
  const { url } = await tlsServer(t);
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  t.teardown(() => delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']);
  const error = await t.throwsAsync(() => getText(new URL(url), 100, QUICK));
  t.regex(error.message, /certificate/);
});

test('certificates of a file are trusted besides the usual ones; what is none is named', async (t) => {
  const { url, cert } = await tlsServer(t);
  const both = `${cert}.both`;
  writeFileSync(both, `${rootCertificates[0]}\nbetween them\n${readFileSync(cert, 'utf8')}`);
  await t.throwsAsync(getText(new URL(url), 100, { ...QUICK, ca: both }), { message: /refused a redirect/ });
  for (const [ca, said] of [
    [`${cert}.none`, /tlxc\.image\.ca cannot be used: .*\.none: ENOENT/],
    [fileURLToPath(import.meta.url), /http\.test\.ts: it has no certificate/],
  ] as const)
    await t.throwsAsync(getText(new URL(url), 100, { ...QUICK, ca }), { message: said });
});

test('a certificate of another name is told apart from one that nobody vouches for', async (t) => {
  const { url, cert } = await tlsServer(t);
  const other = url.replace('localhost', '127.0.0.1');
  const named = await t.throwsAsync<TlxcError>(getText(new URL(other), 100, { ...QUICK, ca: cert }));
  t.regex(named.message, /does not match certificate's altnames/);
  t.is(
    named.hint,
    'ask the server by a name that its certificate has: tlxc-config tlxc.image.server https://NAME',
  );
  const unknown = await t.throwsAsync<TlxcError>(getText(new URL(url), 100, QUICK));
  t.regex(unknown.hint ?? '', /^if you trust the server: tlxc-config tlxc\.image\.ca FILE/);
});

test('from HTTPS no redirect leads to plain HTTP', async (t) => {
  const { url, cert } = await tlsServer(t);
  await t.throwsAsync(getText(new URL(url), 100, { ...QUICK, ca: cert }), {
    message: /refused a redirect to http:\/\/localhost:1\/plain/,
  });
});

test('of a text without an end no more is taken than it may have', async (t) => {
  const server = createPlainServer((_, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    };
    response.on('drain', more);
    more();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/index`);
  const endless = new Promise((resolve) => setTimeout(resolve, 20_000, 'still reading').unref());
  const reading = getText(url, 100_000, QUICK).catch(String);
  t.regex(String(await Promise.race([reading, endless])), /larger than 100000 bytes/);
});

test('the address of a server: HTTPS, unless plain HTTP is written out', (t) => {
  t.is(serverUrl('images.example.org').href, 'https://images.example.org/');
  t.is(serverUrl('http://127.0.0.1:8000/mirror').href, 'http://127.0.0.1:8000/mirror/');
  for (const text of ['', 'ftp://x/', 'file:///etc', 'https://', 'a b']) {
    t.throws(() => serverUrl(text), { message: /is not the address of an image server/ }, text);
  }
});

test('an address with a user and a password is refused, and not repeated', (t) => {
  for (const text of [
    'https://ann:secret@images.example.org/mirror',
    'ann:secret@images.example.org',
    'http://ann@host',
  ]) {
    const error = t.throws<TlxcError>(
      () => serverUrl(text),
      { message: /without a user and a password/ },
      text,
    );
    t.notRegex(`${error.message} ${error.hint}`, /secret|ann/);
  }
});

test('an index names files of its own server only', (t) => {
  const server = serverUrl('https://images.example.org/mirror');
  t.is(pathOnServer(server, '/images/a/b:c/').href, 'https://images.example.org/mirror/images/a/b:c/');
  for (const path of ['https://evil.example/x', '../x', '/../../etc/passwd', 'a/../../../x']) {
    t.throws(() => pathOnServer(server, path), { message: /names a file outside the server/ }, path);
  }
});

test('a proxy is told by its host, never with its password', (t) => {
  const environment = { https_proxy: 'http://user:secret@proxy.example:3128', HTTP_PROXY: 'http://other:1' };
  t.is(proxyFor(new URL('https://x/'), environment), 'proxy.example:3128');
  t.is(proxyFor(new URL('http://x/'), environment), 'other:1');
  t.is(proxyFor(new URL('https://x/'), {}), '');
  const exempt = { ...environment, no_proxy: '127.0.0.1, .example.org' };
  t.is(proxyFor(new URL('https://127.0.0.1:8443/'), exempt), '');
  t.is(proxyFor(new URL('https://images.example.org/'), exempt), '');
  t.is(proxyFor(new URL('https://notexample.org/'), exempt), 'proxy.example:3128');
});

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { TlxcError } from '../../../src/errors.ts';
import type { Credentials } from '../../../src/image/oci/credentials.ts';
import { parsePlatformName } from '../../../src/image/oci/platform.ts';
import { pullImage } from '../../../src/image/oci/pull.ts';
import { parseReference } from '../../../src/image/oci/reference.ts';
import { Registry } from '../../../src/image/oci/registry.ts';
import { ImageStore } from '../../../src/image/store.ts';
import { eventually } from '../../rig/eventually.ts';
import { requires } from '../../rig/requires.ts';
import { buildImage, digestOf, indexOf, type BuiltImage } from './images.ts';

const test = requires('root');

/** Answers one request itself; false: as an honest registry would. */
type Answer = (request: IncomingMessage, response: ServerResponse, before: number) => boolean;

interface Served {
  readonly origin: string;
  readonly asked: readonly string[];
  readonly authorizations: readonly (string | undefined)[];
}

interface Manifests {
  readonly [name: string]: { readonly bytes: Buffer; readonly type: string };
}

async function listen(
  t: ExecutionContext,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
) {
  const server = createServer(handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A registry with one repository, a/b. */
async function serve(
  t: ExecutionContext,
  images: readonly BuiltImage[],
  manifests: Manifests,
  answer: Answer = () => false,
): Promise<Served> {
  const asked: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const origin = await listen(t, (request, response) => {
    const path = request.url ?? '';
    const before = asked.filter((known) => known === path).length;
    asked.push(path);
    authorizations.push(request.headers.authorization);
    if (answer(request, response, before)) return;
    const [, kind = '', which = ''] = /^\/v2\/a\/b\/(manifests|blobs)\/(.*)$/.exec(path) ?? [];
    const blob = images.map(({ blobs }) => blobs.get(which)).find((found) => found !== undefined);
    const manifest = manifests[which];
    if (kind === 'manifests' && manifest)
      response.setHeader('content-type', manifest.type).end(manifest.bytes);
    else if (kind === 'blobs' && blob) response.end(blob);
    else
      response.writeHead(404).end(JSON.stringify({ errors: [{ code: 'NOT_FOUND', message: 'not here' }] }));
  });
  return { origin, asked, authorizations };
}

const manifestsOf = (image: BuiltImage): Manifests => {
  const manifest = { bytes: image.manifest, type: image.manifestType };
  return { latest: manifest, [digestOf(image.manifest)]: manifest };
};

function storeFor(t: ExecutionContext) {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-oci-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return { dir, store: new ImageStore(dir) };
}

interface Asked {
  readonly name?: string;
  readonly arch?: string;
  readonly credentials?: Credentials;
  readonly store?: ImageStore;
}

function pull(t: ExecutionContext, { origin }: Pick<Served, 'origin'>, asked: Asked = {}) {
  const { name = 'a/b', arch = process.arch, credentials = null, store = storeFor(t).store } = asked;
  const reference = parseReference(`${origin}/${name}`, '/');
  if (reference.kind !== 'registry') throw new Error('no registry');
  const registry = new Registry(
    reference,
    { credentials, elsewhere: '' },
    { retryDelaysMs: [1, 1], stallMs: 2_000 },
  );
  return pullImage({
    ...{
      origin: registry,
      platform: parsePlatformName(arch),
      store,
      mapping: null,
      privileged: false,
      anew: false,
    },
    onEvent: () => undefined,
  });
}

/** The failure, which must leave no image. */
async function failure(
  t: ExecutionContext,
  served: Pick<Served, 'origin'>,
  asked: Asked = {},
): Promise<TlxcError> {
  const { dir, store } = storeFor(t);
  const error = (await t.throwsAsync(pull(t, served, { ...asked, store }))) as unknown as TlxcError;
  t.is(error.code, 'TLXC_E_IMAGE', String(error));
  t.deepEqual(existsSync(join(dir, 'images')) ? readdirSync(join(dir, 'images')) : [], []);
  return error;
}

const simple = () =>
  buildImage({
    layers: [[{ path: 'file', content: 'x'.repeat(50_000) }], [{ path: 'other', content: 'y' }]],
  });
const credentials = { username: 'me', password: 'pass:word', identityToken: '' };
const basic = `Basic ${Buffer.from('me:pass:word').toString('base64')}`;

for (const docker of [true, false]) {
  test(`pulled: a ${docker ? 'Docker' : 'OCI'} image by its platform of an index, once for all tags`, async (t) => {
    const [mine, other] = [buildImage({ layers: [[{ path: 'a', content: 'mine' }]], docker }), simple()];
    const type = docker
      ? 'application/vnd.docker.distribution.manifest.list.v2+json'
      : 'application/vnd.oci.image.index.v1+json';
    const list = { bytes: indexOf({ amd64: mine, s390x: other }, type), type };
    const served = await serve(t, [mine, other], {
      ...manifestsOf(mine),
      ...manifestsOf(other),
      latest: list,
      again: list,
    });
    const { store } = storeFor(t);
    const image = await pull(t, served, { arch: 'amd64', store });
    t.is(image.info.id, digestOf(mine.manifest).slice('sha256:'.length));
    t.is(readFileSync(join(image.rootfs, 'a'), 'utf8'), 'mine');
    const again = await pull(t, served, { name: 'a/b:again', arch: 'x86_64', store });
    t.is(again.info.id, image.info.id);
    t.is(served.asked.filter((path) => path.includes('/blobs/')).length, 2);
    t.like(again.info.source, { kind: 'oci', platform: 'linux/amd64' });
  });
}

test('a platform that is not there: which are', async (t) => {
  const image = simple();
  const type = 'application/vnd.oci.image.index.v1+json';
  const served = await serve(t, [image], {
    latest: { bytes: indexOf({ s390x: image, 'arm/v7': image }, type), type },
  });
  const error = await failure(t, served, { arch: 'amd64' });
  t.regex(error.message, /is not made for linux\/amd64/);
  t.regex(error.details.hint ?? '', /linux\/arm\/v7, linux\/s390x/);
  const none = await serve(t, [], { latest: { bytes: indexOf({}, type), type } });
  t.regex((await failure(t, none)).details.hint ?? '', /it has no image at all/);
});

test('an image without an index that is for another machine is refused before its layers come', async (t) => {
  const image = buildImage({ layers: [[{ path: 'etc', type: 'Directory' }]], architecture: 's390x' });
  const served = await serve(t, [image], manifestsOf(image));
  const error = await failure(t, served, { arch: 'amd64' });
  t.regex(error.message, /is not made for linux\/amd64/);
  t.regex(error.details.hint ?? '', /^it is for linux\/s390x; .* --arch=/);
  t.false(served.asked.some((path) => path.endsWith(image.layers[0]?.digest ?? '')));
  await t.notThrowsAsync(pull(t, served, { arch: 's390x' }));
  // Bazel's rules have written the kernel's name.
  const named = buildImage({ layers: [], architecture: 'x86_64' });
  await t.notThrowsAsync(pull(t, await serve(t, [named], manifestsOf(named)), { arch: 'amd64' }));
});

test('a manifest of schema 1 is refused for what it is, whatever its digest is taken from', async (t) => {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 1, fsLayers: [], signatures: [] }));
  const digest = digestOf(Buffer.from('without its signatures'));
  const served = await serve(t, [], {}, (request, response) => {
    response.setHeader('content-type', 'application/vnd.docker.distribution.manifest.v1+prettyjws');
    response.setHeader('docker-content-digest', digest).end(bytes);
    return request.url !== undefined;
  });
  t.regex((await failure(t, served)).message, /a manifest of schema 1, which Docker gave up: refused/);
});

const flipped = (bytes: Buffer): Buffer => {
  const copy = Buffer.from(bytes);
  copy[copy.length >> 1] = (copy[copy.length >> 1] ?? 0) ^ 1;
  return copy;
};

/** Sends these bytes for the blob or manifest of the digest. */
const instead =
  (digest: string, send: (response: ServerResponse, before: number) => void): Answer =>
  (request, response, before) => {
    if (!(request.url ?? '').endsWith(digest)) return false;
    send(response, before);
    return true;
  };

test('a layer, a configuration and a manifest that were tampered with are refused', async (t) => {
  const image = simple();
  const [layer] = image.layers;
  for (const { digest } of [...(layer ? [layer] : []), image.config]) {
    const bytes = flipped(image.blobs.get(digest) ?? Buffer.alloc(0));
    const served = await serve(
      t,
      [image],
      manifestsOf(image),
      instead(digest, (response) => response.end(bytes)),
    );
    t.regex((await failure(t, served)).message, /SHA-256/);
  }
  const digest = digestOf(image.manifest);
  const served = await serve(t, [image], {
    [digest]: { bytes: flipped(image.manifest), type: image.manifestType },
  });
  t.regex((await failure(t, served, { name: `a/b@${digest}` })).message, /SHA-256 of its manifest is/);
});

test('a layer whose content is not what the configuration says is refused, though its own digest is right', async (t) => {
  const image = buildImage({
    layers: [[{ path: 'a', content: '1' }]],
    diffIds: () => [`sha256:${'0'.repeat(64)}`],
  });
  const served = await serve(t, [image], manifestsOf(image));
  t.regex((await failure(t, served)).message, /its content is sha256:.*configuration says sha256:0000/);
});

/** Bytes of a transfer that is under way. */
function partIn(dir: string): number {
  const downloads = join(dir, 'downloads');
  const name = existsSync(downloads)
    ? readdirSync(downloads).find((each) => each.endsWith('.part'))
    : undefined;
  return name === undefined ? 0 : statSync(join(downloads, name)).size;
}

test('a transfer that breaks goes on where it was', async (t) => {
  const image = simple();
  const { dir, store } = storeFor(t);
  const [layer] = image.layers;
  const bytes = image.blobs.get(layer?.digest ?? '') ?? Buffer.alloc(0);
  const ranges: (string | undefined)[] = [];
  const served = await serve(t, [image], manifestsOf(image), (request, response, before) => {
    if (!(request.url ?? '').endsWith(layer?.digest ?? '-')) return false;
    ranges.push(request.headers.range);
    if (before === 0) {
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 40));
      // Once these have come.
      void eventually(30, () => Promise.resolve(partIn(dir) === 40 || undefined)).finally(() =>
        response.destroy(),
      );
    } else {
      const from = Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0);
      response.writeHead(206, { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` });
      response.end(bytes.subarray(from));
    }
    return true;
  });
  const { info, rootfs } = await pull(t, served, { store });
  // In layers of their own where this host has overlayfs for us.
  const trees = [rootfs, ...(info.layers?.paths ?? [])];
  const file = trees.map((tree) => join(tree, 'file')).find((path) => existsSync(path)) ?? '';
  t.is(readFileSync(file, 'utf8').length, 50_000);
  t.deepEqual(ranges, [undefined, 'bytes=40-']);
});

test('a server that sends less, or more, than it was to send', async (t) => {
  const image = simple();
  const [layer] = image.layers;
  const digest = layer?.digest ?? '';
  const bytes = image.blobs.get(digest) ?? Buffer.alloc(0);
  const short = await serve(
    t,
    [image],
    manifestsOf(image),
    instead(digest, (response) => response.end(bytes.subarray(0, 50))),
  );
  t.regex((await failure(t, short)).message, /50 of \d+ bytes arrived \(3 tries\)/);
  const long = await serve(
    t,
    [image],
    manifestsOf(image),
    instead(digest, (response) => response.end(Buffer.concat([bytes, bytes]))),
  );
  t.regex((await failure(t, long)).message, /larger than \d+ bytes/);
});

test('redirects that go in a circle end, with words', async (t) => {
  const image = simple();
  const served = await serve(t, [image], manifestsOf(image), (request, response) => {
    if (!(request.url ?? '').includes('/blobs/')) return false;
    response.writeHead(307, { location: request.url }).end();
    return true;
  });
  t.regex((await failure(t, served)).message, /more than 5 redirects/);
});

test('credentials go to the registry, and not where it redirects to', async (t) => {
  const image = simple();
  const elsewhere: (string | undefined)[] = [];
  const store = await listen(t, (request, response) => {
    elsewhere.push(request.headers.authorization);
    response.end(image.blobs.get((request.url ?? '').slice(1)));
  });
  const served = await serve(t, [image], manifestsOf(image), (request, response) => {
    if (request.headers.authorization !== basic)
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    else if ((request.url ?? '').includes('/blobs/'))
      response.writeHead(307, { location: `${store}/${(request.url ?? '').split('/').at(-1)}` }).end();
    else return false;
    return true;
  });
  await pull(t, served, { credentials });
  t.is(elsewhere.length, 3);
  t.true(elsewhere.every((header) => header === undefined));
  t.deepEqual(served.authorizations.slice(0, 3), [undefined, basic, basic]);
});

test('a token of the token server’s, anonymous or with a password, asked for anew when it has expired', async (t) => {
  const image = simple();
  const tokens: { authorization: string | undefined; query: string }[] = [];
  let expired = false;
  const token = await listen(t, (request, response) => {
    tokens.push({ authorization: request.headers.authorization, query: request.url ?? '' });
    response.end(JSON.stringify({ token: `t${tokens.length}` }));
  });
  const answer: Answer = (request, response) => {
    if (request.headers.authorization === `Bearer t${tokens.length}` && !expired) return false;
    expired = false;
    const challenge = `Bearer realm="${token}/token",service="r e",scope="repository:a/b:pull"`;
    response.writeHead(401, { 'www-authenticate': challenge }).end();
    return true;
  };
  const served = await serve(t, [image], manifestsOf(image), (request, response, before) => {
    if ((request.url ?? '').includes(image.layers[1]?.digest ?? '-') && before === 0) expired = true;
    return answer(request, response, before);
  });
  await pull(t, served);
  t.deepEqual(tokens, [
    { authorization: undefined, query: '/token?service=r+e&scope=repository%3Aa%2Fb%3Apull' },
    { authorization: undefined, query: '/token?service=r+e&scope=repository%3Aa%2Fb%3Apull' },
  ]);
  await pull(t, served, { credentials });
  t.is(tokens.at(-1)?.authorization, basic);
});

test('unauthorised: what to do, and nothing of the password', async (t) => {
  const image = simple();
  const challenge: Answer = (_, response) => {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' });
    response.end(JSON.stringify({ errors: [{ message: 'authentication required' }] }));
    return true;
  };
  const served = await serve(t, [image], manifestsOf(image), challenge);
  const anonymous = await failure(t, served);
  t.regex(
    anonymous.message,
    /does not let this image be pulled: http:.*answered 401: authentication required/,
  );
  t.regex(anonymous.details.hint ?? '', /--username=NAME --password/);
  const known = await failure(t, served, { credentials });
  t.regex(known.details.hint ?? '', /are not good for it/);
  t.notRegex(JSON.stringify(known.details) + String(known), /pass:word|cGFzczp3b3Jk/);
});

test('asked too often: how long to wait, and no further try where that is long', async (t) => {
  const image = simple();
  const served = await serve(t, [image], manifestsOf(image), (_, response) => {
    response.writeHead(429, { 'retry-after': '3600' });
    response.end(
      JSON.stringify({
        errors: [{ code: 'TOOMANYREQUESTS', message: 'You have reached your pull rate limit' }],
      }),
    );
    return true;
  });
  const error = await failure(t, served);
  t.regex(
    error.message,
    /was asked too often: it asks to wait 3600 seconds .*You have reached your pull rate limit/,
  );
  t.is(served.asked.length, 1);
});

test('a short wait that is asked for is waited', async (t) => {
  const image = simple();
  const served = await serve(t, [image], manifestsOf(image), (_, response, before) => {
    if (before > 0) return false;
    response.writeHead(429, { 'retry-after': '0' }).end();
    return true;
  });
  await t.notThrowsAsync(pull(t, served));
});

test('an image that is not there', async (t) => {
  const served = await serve(t, [], {});
  const error = await failure(t, served, { name: 'a/b:none' });
  t.regex(error.message, /has no image http:.*a\/b:none .*404: not here/);
});

test('an image of which a part is not there', async (t) => {
  const image = simple();
  const parts = [
    ['configuration', image.config.digest],
    ...image.layers.map(({ digest }) => ['layer', digest] as const),
  ] as const;
  for (const [what, digest] of parts) {
    const answer = instead(digest, (response) => response.writeHead(404).end());
    const served = await serve(t, [image], manifestsOf(image), answer);
    const error = await t.throwsAsync<TlxcError>(pull(t, served));
    t.regex(error.message, new RegExp(`has the image .*a/b:latest, but not its ${what} ${digest.slice(7)} `));
    t.regex(error.hint ?? '', /incomplete in the registry/);
  }
});

test('a token server that is no secure address, or sends anything but a token', async (t) => {
  const image = simple();
  for (const [realm, message] of [
    ['file:///etc/passwd', /sends for a token to "file:/],
    ['http://x:y@127.0.0.1/', /sends for a token to/],
  ] as const) {
    const served = await serve(t, [image], manifestsOf(image), (_, response) => {
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end();
      return true;
    });
    t.regex((await failure(t, served)).message, message);
  }
});

test('who is redirected to does not choose where credentials go, and a posted token goes nowhere else', async (t) => {
  const image = simple();
  const stolen: (string | undefined)[] = [];
  const thief = await listen(t, (request, response) => {
    stolen.push(request.headers.authorization);
    if (request.method === 'POST') request.on('data', (chunk: Buffer) => stolen.push(chunk.toString()));
    response
      .writeHead(401, { 'www-authenticate': `Bearer realm="http://${request.headers.host}/token"` })
      .end();
  });
  const blobs = await serve(t, [image], manifestsOf(image), (request, response) => {
    if (!(request.url ?? '').includes('/blobs/')) return false;
    response.writeHead(307, { location: `${thief}/blob` }).end();
    return true;
  });
  t.regex((await failure(t, blobs, { credentials })).message, /401/);
  const token = await listen(t, (_, response) =>
    response.writeHead(307, { location: `${thief}/token` }).end(),
  );
  const tokens = await serve(t, [image], manifestsOf(image), (_, response) => {
    response.writeHead(401, { 'www-authenticate': `Bearer realm="${token}/token"` }).end();
    return true;
  });
  const identity = { username: '', password: '', identityToken: 'secret' };
  t.regex(
    (await failure(t, tokens, { credentials: identity })).message,
    /refused a redirect of what was posted/,
  );
  t.deepEqual([...new Set(stolen)], [undefined]);
});

test('a layer that is announced larger than any may be is not fetched', async (t) => {
  const image = simple();
  const huge = JSON.parse(image.manifest.toString()) as { layers: { size: number }[] };
  for (const layer of huge.layers) layer.size = 2 ** 50;
  const latest = { bytes: Buffer.from(JSON.stringify(huge)), type: image.manifestType };
  const served = await serve(t, [image], { latest });
  t.regex((await failure(t, served)).message, /is larger than \d+ bytes/);
  t.false(served.asked.some((path) => path.endsWith(image.layers[0]?.digest ?? '-')));
});

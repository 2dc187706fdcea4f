// Pushes an image of a layout to a registry, over the distribution API: push-image LAYOUT TAG ORIGIN REPOSITORY [USER:PASSWORD]
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [layout = '', tag = '', origin = '', repository = '', user = ''] = process.argv.slice(2);
const basic = user === '' ? '' : `Basic ${Buffer.from(user).toString('base64')}`;

interface Blob {
  readonly mediaType: string;
  readonly digest: string;
}
interface Index {
  readonly manifests: readonly (Blob & { readonly annotations: Readonly<Record<string, string>> })[];
}
interface Manifest {
  readonly config: Blob;
  readonly layers: readonly Blob[];
}

const blob = (digest: string): Buffer => readFileSync(join(layout, 'blobs', digest.replace(':', '/')));

/** What the registry's challenge asks for. */
async function authorization(): Promise<string> {
  const challenge = (await fetch(`${origin}/v2/`)).headers.get('www-authenticate') ?? '';
  const [, realm, service] = /^Bearer realm="([^"]*)",service="([^"]*)"/.exec(challenge) ?? [];
  if (realm === undefined) return basic;
  const fields = { service: service ?? '', scope: `repository:${repository}:pull,push` };
  const query = new URLSearchParams(fields).toString();
  const answer = await fetch(`${realm}?${query}`, { headers: { authorization: basic } });
  return `Bearer ${((await answer.json()) as { token: string }).token}`;
}

const authorized = await authorization();

async function send(method: string, url: string, body: Buffer | null, type: string): Promise<Headers> {
  const headers = { 'content-type': type, ...(authorized !== '' && { authorization: authorized }) };
  const response = await fetch(url, { method, headers, ...(body && { body: new Uint8Array(body) }) });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  return response.headers;
}

const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as Index;
const entry = index.manifests.find(
  ({ annotations }) => annotations['org.opencontainers.image.ref.name'] === tag,
);
if (!entry) throw new Error(`${layout} has no tag ${tag}`);
const { config, layers } = JSON.parse(blob(entry.digest).toString()) as Manifest;
const bytes = 'application/octet-stream';
for (const { digest } of [config, ...layers]) {
  const begun = await send('POST', `${origin}/v2/${repository}/blobs/uploads/`, null, bytes);
  const to = new URL(begun.get('location') ?? '', origin);
  to.searchParams.set('digest', digest);
  await send('PUT', to.href, blob(digest), bytes);
}
await send('PUT', `${origin}/v2/${repository}/manifests/${tag}`, blob(entry.digest), entry.mediaType);

import test from 'ava';
import { parseChallenges } from '../../../src/image/oci/challenge.ts';
import { parseDocument, type IndexEntry } from '../../../src/image/oci/documents.ts';
import { choosePlatform, parsePlatformName, platformText } from '../../../src/image/oci/platform.ts';
import { buildImage } from './images.ts';

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const descriptor = {
  mediaType: 'application/vnd.oci.image.config.v1+json',
  digest: `sha256:${'0'.repeat(64)}`,
  size: 2,
};

test('manifests of both kinds are read', (t) => {
  for (const docker of [true, false]) {
    const { manifest, manifestType, layers } = buildImage({ layers: [[], []], docker });
    const document = parseDocument(manifest, manifestType, 'it');
    t.deepEqual(document.kind === 'manifest' && document.layers, layers);
  }
});

for (const [what, value, message] of [
  [
    'what is announced as another type',
    { mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [] },
    /announced as/,
  ],
  ['index and manifest at once', { manifests: [], layers: [], config: descriptor }, /at once/],
  ['schema 1', { schemaVersion: 1, fsLayers: [] }, /schema 1/],
  [
    'a digest that is none',
    { config: { ...descriptor, digest: 'sha256:../../etc/passwd' }, layers: [] },
    /no SHA-256 digest/,
  ],
  [
    'another digest',
    { config: { ...descriptor, digest: `sha512:${'0'.repeat(128)}` }, layers: [] },
    /no SHA-256 digest/,
  ],
  ['a size that is none', { config: { ...descriptor, size: -1 }, layers: [] }, /no size/],
  [
    'an artifact',
    { config: { ...descriptor, mediaType: 'application/vnd.oci.empty.v1+json' }, layers: [] },
    /no container's image/,
  ],
  [
    'an unknown layer',
    { config: descriptor, layers: [{ ...descriptor, mediaType: 'application/x-squashfs' }] },
    /not known here/,
  ],
  ['a list', [], /no JSON object/],
] as const) {
  test(`refused: ${what}`, (t) => {
    const announced = 'application/vnd.oci.image.manifest.v1+json';
    t.throws(() => parseDocument(json(value), announced, 'it'), { message });
  });
}

const entry = (text: string): IndexEntry => {
  const [os = '', architecture = '', variant = ''] = text.split('/');
  return { ...descriptor, digest: text, refName: '', platform: { os, architecture, variant } };
};

const choose = (wanted: string, ...there: readonly string[]) =>
  choosePlatform(there.map(entry), parsePlatformName(wanted), 'it').digest;

test('the image for the platform, by anybody’s name of it', (t) => {
  const all = [
    'unknown/unknown',
    'linux/arm/v6',
    'linux/arm/v7',
    'linux/arm64/v8',
    'linux/amd64',
    'windows/amd64',
    'linux/386',
  ];
  t.is(choose('x86_64', ...all), 'linux/amd64');
  t.is(choose('aarch64', ...all), 'linux/arm64/v8');
  t.is(choose('arm64/v8', 'linux/arm64'), 'linux/arm64');
  t.is(choose('arm', ...all), 'linux/arm/v7');
  t.is(choose('linux/arm/v6', ...all), 'linux/arm/v6');
  t.is(choose('i686', ...all), 'linux/386');
  t.is(platformText(parsePlatformName('armhf')), 'linux/arm/v7');
  // A machine runs what was made for older ones of its kind, the newest of those, and nothing newer.
  t.is(choose('armhf', 'linux/arm/v5', 'linux/arm/v6', 'linux/arm64/v8'), 'linux/arm/v6');
  t.is(choose('arm/v7', 'linux/arm'), 'linux/arm');
  t.throws(() => choose('arm/v6', 'linux/arm/v7'), { message: /not made for linux\/arm\/v6/ });
  t.is(choose('amd64/v3', 'linux/amd64', 'linux/amd64/v2', 'linux/amd64/v4'), 'linux/amd64/v2');
  t.is(choose('amd64/v1', 'linux/amd64/v2', 'linux/amd64'), 'linux/amd64');
});

test('an image that is not made for it says for what it is', (t) => {
  const error = t.throws(() => choose('s390x', 'linux/arm/v6', 'linux/amd64', 'unknown/unknown'));
  const { hint } = (error as unknown as { details: { hint: string } }).details;
  t.is(error.message, 'it is not made for linux/s390x');
  t.regex(hint, /linux\/amd64, linux\/arm\/v6; .*--arch/);
});

test('challenges: several in one header, commas in quotes', (t) => {
  t.deepEqual(
    parseChallenges(
      'Bearer realm="https://auth.example/token",service="a",scope="repository:a:pull,push", Basic realm="x"',
    ),
    [
      {
        scheme: 'bearer',
        parameters: { realm: 'https://auth.example/token', service: 'a', scope: 'repository:a:pull,push' },
      },
      { scheme: 'basic', parameters: { realm: 'x' } },
    ],
  );
  t.deepEqual(parseChallenges(['Negotiate', 'Basic realm=a']), [
    { scheme: 'negotiate', parameters: {} },
    { scheme: 'basic', parameters: { realm: 'a' } },
  ]);
  t.deepEqual(parseChallenges('"""=,,'), []);
});

/** Several servers, none at all, and servers that must prove by OpenPGP what they say. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadSystemConfig } from '../../src/config/system.ts';
import type { TlxcError } from '../../src/errors.ts';
import { compressFile } from '../../src/image/archive.ts';
import type { ImageEvent } from '../../src/image/progress.ts';
import { publishedMetadata, publishImage } from '../../src/image/publish.ts';
import { requires } from '../rig/requires.ts';
import { serveImages, type Fault } from '../rig/serve-images.ts';
import { servedImage } from '../container/images.ts';

type Served = Awaited<ReturnType<typeof servedImage>>;

/** The settings with these servers and lines instead of the one server. */
function settings({ environment }: Served, servers: readonly string[], ...lines: readonly string[]) {
  const file = environment.TLXC_CONF;
  const others = readFileSync(file, 'utf8').replace(/^tlxc\.image.*\n/gm, '');
  writeFileSync(file, [others, `tlxc.image.server = ${servers.join(' ')}`, ...lines, ''].join('\n'));
  return loadSystemConfig(environment);
}

async function mirror(t: ExecutionContext, { dir }: Served, fault: (path: string) => Fault | null) {
  const server = await serveImages({ root: join(dir, 'www'), fault });
  t.teardown(() => server.close());
  return server;
}

test('a server that refuses, and one that gives a wrong file, are passed over, and it is said why', async (t) => {
  const served = await servedImage(t);
  const refusing = await mirror(t, served, () => ({ status: 403 }));
  const wrong = await mirror(t, served, (path) => (path.endsWith('rootfs.tar.xz') ? { damageAt: 99 } : null));
  const system = settings(served, [refusing.url, wrong.url, served.server.url]);
  const events: ImageEvent[] = [];
  await served.create('c1', { system, onEvent: (event) => events.push(event) });
  const told = events.flatMap((event) => (event.kind === 'failed-server' ? [event.reason] : []));
  t.is(told.length, 2);
  t.regex(told[0] ?? '', new RegExp(`${refusing.url}streams/v1/index.json: the server answered 403`));
  t.regex(told[1] ?? '', /SHA-256 is [0-9a-f]{64}, but the server's index says/);
  // What any of the mirrors gave is found again, whichever it was.
  const asked = served.server.requests.length;
  await served.create('c2', { system });
  t.is(served.server.requests.length, asked);
});

test('where no server does, each one is told of, with its URL and its answer', async (t) => {
  const served = await servedImage(t);
  const refusing = await mirror(t, served, () => ({ status: 403 }));
  const lacking = await mirror(t, served, () => ({ status: 404 }));
  const system = settings(served, [refusing.url, lacking.url]);
  const error = await t.throwsAsync(served.create('c1', { system }), {
    message: /none of the 2 image servers/,
  });
  const { problems = [] } = (error as unknown as TlxcError).details;
  t.regex(String(problems[0]), /answered 403/);
  t.regex(String(problems[1]), new RegExp(`${lacking.url} is not an image server`));
  t.deepEqual(served.entries(system.lxcpath), []);
});

test('an archive that cannot be unpacked is not fetched from the next mirror, too', async (t) => {
  const served = await servedImage(t, { entries: [{ path: '../climbs', content: 'x' }] });
  const second = await mirror(t, served, () => null);
  const system = settings(served, [served.server.url, second.url]);
  await t.throwsAsync(served.create('c1', { system }), { message: /could not be unpacked/ });
  t.is(second.requests.length, 0);
});

test('offline: the store alone answers, also with what has expired; nothing is asked of a server', async (t) => {
  const served = await servedImage(t);
  const system = settings(served, [served.server.url], 'tlxc.image.offline = 1');
  await t.throwsAsync(served.create('c1', { system }), {
    message: 'offline, and the store has no image tiny/one/amd64/default',
  });
  t.is(served.server.requests.length, 0);
  await served.create('c1');
  const [id = ''] = readdirSync(join(system.cacheDir, 'images')).filter((name) => !name.startsWith('.'));
  const file = join(system.cacheDir, 'images', id, 'image.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/"expiry": \d+/, '"expiry": 1'));
  const asked = served.server.requests.length;
  await served.create('c2', { system });
  await served.create('c3', { templateArgs: ['-d', 'tiny', '-r', 'one', '-a', 'amd64', '--offline'] });
  const listed = await served.create('c4', { system, templateArgs: ['--list'] });
  t.regex(listed.kind === 'text' ? listed.text : '', /^tiny +one +amd64 +default/m);
  t.is(served.server.requests.length, asked);
});

/** A newer build on the server, made as its image is; `withdraw` has it offer the first one alone again. */
async function publishNewer({ dir, archive }: Served) {
  const www = join(dir, 'www');
  cpSync(www, join(dir, 'before'), { recursive: true });
  await publishImage({
    ...{
      dist: 'tiny',
      release: 'one',
      arch: 'amd64',
      variant: 'default',
      build: '20260301_00:00',
      root: www,
    },
    writeRootfs: (file) => compressFile(archive, file, 6),
    metadata: publishedMetadata('amd64', 'A newer one.'),
  });
  return () => {
    rmSync(www, { recursive: true });
    renameSync(join(dir, 'before'), www);
  };
}

/** As if so much time had gone by. */
function expireAll(images: string): void {
  for (const id of readdirSync(images).filter((name) => !name.startsWith('.'))) {
    const file = join(images, id, 'image.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"expiry": \d+/, '"expiry": 1'));
  }
}

test('a server that offers an older build than the store has is told of', async (t) => {
  const served = await servedImage(t);
  const withdraw = await publishNewer(served);
  await served.create('c1');
  withdraw();
  expireAll(join(served.system.cacheDir, 'images'));
  const events: ImageEvent[] = [];
  await served.create('c2', { onEvent: (event) => events.push(event) });
  const told = events.flatMap((event) => (event.kind === 'older' ? [[event.build, event.stored]] : []));
  t.deepEqual(told, [['20260101_00:00', '20260301_00:00']]);
});

test('an archive that a killed command had fetched is not fetched again', async (t) => {
  const served = await servedImage(t);
  const build = join(served.dir, 'www/images/tiny/one/amd64/default/20260101_00:00');
  const [, id = ''] =
    /([0-9a-f]{64}) {2}rootfs.tar.xz/.exec(readFileSync(join(build, 'SHA256SUMS'), 'utf8')) ?? [];
  const downloads = join(served.system.cacheDir, 'downloads');
  mkdirSync(downloads, { recursive: true });
  writeFileSync(join(downloads, id), readFileSync(join(build, 'rootfs.tar.xz')));
  await served.create('c1');
  t.false(served.server.requests.some((path) => path.endsWith('rootfs.tar.xz')));
  t.deepEqual(readdirSync(downloads), []);
});

const gpg = requires('gpg');

/** gpg(1) with keys of its own, and what signs a file with one of them. */
function publisher(t: ExecutionContext, dir: string) {
  const home = join(dir, 'gnupg');
  mkdirSync(home, { mode: 0o700 });
  const run = (...words: string[]) =>
    execFileSync('gpg', ['--homedir', home, '--batch', '--quiet', '--yes', ...words], { stdio: 'pipe' });
  t.teardown(() => execFileSync('gpgconf', ['--homedir', home, '--kill', 'all']));
  for (const name of ['ours', 'others'])
    run('--passphrase', '', '--quick-generate-key', `${name}@example.org`, 'ed25519', 'sign', 'never');
  const keyring = join(dir, 'pinned.asc');
  writeFileSync(keyring, run('--armor', '--export', 'ours@example.org'));
  return { run, keyring };
}

gpg('a pinned key: signed checksums are taken; unsigned, changed or foreign ones are refused', async (t) => {
  const served = await servedImage(t);
  const { run, keyring } = publisher(t, served.dir);
  const sums = join(served.dir, 'www/images/tiny/one/amd64/default/20260101_00:00/SHA256SUMS');
  const system = settings(served, [served.server.url], `tlxc.image.keyring = ${keyring}`);
  const create = () => served.create('c1', { system });
  await t.throwsAsync(create(), {
    message: /SHA256SUMS: the server has no OpenPGP signature of it: refused/,
  });
  run('--local-user', 'others@example.org', '--armor', '--output', `${sums}.asc`, '--detach-sign', sums);
  await t.throwsAsync(create(), {
    message: /it is signed by a key that is not pinned, [0-9A-F]{40}: refused/,
  });
  run('--local-user', 'ours@example.org', '--armor', '--output', `${sums}.asc`, '--detach-sign', sums);
  writeFileSync(sums, `${readFileSync(sums, 'utf8')}\n`);
  await t.throwsAsync(create(), {
    message: /it is not what ours@example.org \([0-9A-F]{16}\) has signed, but was changed/,
  });
  rmSync(`${sums}.asc`);
  run('--local-user', 'ours@example.org', '--armor', '--output', `${sums}.asc`, '--detach-sign', sums);
  await create();
  t.deepEqual(served.entries(system.lxcpath), ['c1']);

  const withdraw = await publishNewer(served);
  const newer = sums.replace('20260101', '20260301');
  run('--local-user', 'ours@example.org', '--armor', '--output', `${newer}.asc`, '--detach-sign', newer);
  const images = join(system.cacheDir, 'images');
  expireAll(images);
  await served.create('c2', { system });
  withdraw();
  expireAll(images);
  await t.throwsAsync(served.create('c3', { system }), {
    message:
      /tiny\/one\/amd64\/default 20260101_00:00, which is older than the build 20260301_00:00 of the store: refused/,
  });
  t.deepEqual(served.entries(system.lxcpath), ['c1', 'c2']);
});

gpg('an image from before a key was pinned is used when the key has signed it, and not before', async (t) => {
  const served = await servedImage(t);
  const { run, keyring } = publisher(t, served.dir);
  await served.create('c1');
  const pinned = `tlxc.image.keyring = ${keyring}`;
  const system = settings(served, [served.server.url], pinned);
  const offline = settings(served, [served.server.url], pinned, 'tlxc.image.offline = 1');
  const fetched = () => served.server.requests.filter((path) => path.endsWith('rootfs.tar.xz')).length;
  const refused = await t.throwsAsync(served.create('c2', { system: offline }));
  t.regex(
    refused.message,
    /^offline, and no pinned key is known to have signed the stored tiny\/one\/amd64\/default 20260101_00:00: refused/,
  );
  await t.throwsAsync(served.create('c2', { system }), {
    message: /has no OpenPGP signature of it: refused/,
  });
  const sums = join(served.dir, 'www/images/tiny/one/amd64/default/20260101_00:00/SHA256SUMS');
  run('--local-user', 'ours@example.org', '--armor', '--output', `${sums}.asc`, '--detach-sign', sums);
  await served.create('c2', { system });
  t.is(fetched(), 1, 'what the key has signed is there already');
  await served.create('c3', { system: offline });
  const config = readFileSync(join(system.lxcpath, 'c3/config'), 'utf8');
  t.regex(config, /^# Image: tiny\/one\/amd64\/default 20260101_00:00 sha256:[0-9a-f]{64}$/m);
  t.regex(config, /^# Image signed by: ours@example\.org \([0-9A-F]{16}\)$/m);
  t.true(config.includes(`# Image origin: ${served.server.url}`));
});

gpg('a newer build that nobody has signed does not hold a signed one back', async (t) => {
  const served = await servedImage(t);
  const { run, keyring } = publisher(t, served.dir);
  const withdraw = await publishNewer(served);
  await served.create('c1');
  withdraw();
  const sums = join(served.dir, 'www/images/tiny/one/amd64/default/20260101_00:00/SHA256SUMS');
  run('--local-user', 'ours@example.org', '--armor', '--output', `${sums}.asc`, '--detach-sign', sums);
  const system = settings(served, [served.server.url], `tlxc.image.keyring = ${keyring}`);
  await t.notThrowsAsync(served.create('c2', { system }));
});

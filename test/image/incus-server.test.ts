/** A server of images for Incus alone: simplestreams, a squashfs root filesystem, metadata.yaml; nothing of LXC's. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { loadSystemConfig } from '../../src/config/system.ts';
import { servedImage } from '../container/images.ts';
import { requires } from '../rig/requires.ts';

const test = requires('root', 'squashfs');
const signed = requires('root', 'squashfs', 'overlay', 'gpg');

/** Its only product is served/one, made of the tiny system. */
async function incusServer(t: ExecutionContext) {
  const served = await servedImage(t);
  const [root, tree] = [join(served.dir, 'www'), join(served.dir, 'tree')];
  const path = 'images/0123.squashfs';
  rmSync(root, { recursive: true });
  for (const directory of [tree, join(root, 'images'), join(root, 'streams/v1')])
    mkdirSync(directory, { recursive: true });
  execFileSync('tar', ['-C', tree, '-xf', served.archive]);
  execFileSync('mksquashfs', [tree, join(root, path), '-quiet', '-no-progress'], { stdio: 'ignore' });
  const file = join(root, path);
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
  const item = { ftype: 'squashfs', path, sha256, size: statSync(file).size };
  const product = {
    arch: 'x86_64',
    os: 'Served',
    release: 'one',
    versions: { '202601010000': { items: { a: item } } },
  };
  const index = { images: { datatype: 'image-downloads', path: 'streams/v1/images.json' } };
  writeFileSync(join(root, 'streams/v1/index.json'), JSON.stringify({ index }));
  writeFileSync(
    join(root, 'streams/v1/images.json'),
    JSON.stringify({ products: { 'served:one': product } }),
  );
  return { ...served, file, templateArgs: ['-d', 'served', '-r', 'one', '-a', 'amd64'] };
}

test('a container is made from it; a changed or shortened file is refused, and nothing is left', async (t) => {
  const { create, templateArgs, system, file, entries } = await incusServer(t);
  const whole = readFileSync(file);
  for (const [bytes, said] of [
    [Buffer.concat([whole.subarray(0, -1), Buffer.from('x')]), /SHA-256 is .*: refused/],
    [whole.subarray(0, -100), /bytes arrived|answered 416/],
  ] as const) {
    writeFileSync(file, bytes);
    await t.throwsAsync(create('c1', { templateArgs }), { message: said });
    t.deepEqual(entries(system.lxcpath), []);
  }
  writeFileSync(file, whole);
  await create('c1', { templateArgs, backend: 'dir' });
  t.is(readFileSync(join(system.lxcpath, 'c1/rootfs/etc/passwd'), 'utf8'), 'root:x:0:0::/root:/bin/sh\n');
});

signed(
  'a file that a pinned key has signed is kept as it is; what only the server says is packed anew',
  async (t) => {
    const served = await incusServer(t);
    const { system, environment, create, templateArgs, dir, file } = served;
    const digest = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
    const stored = (): string => {
      const images = join(system.cacheDir, 'images');
      const [id = ''] = readdirSync(images).filter((name) => /^[0-9a-f]{64}$/.test(name));
      return join(images, id, 'rootfs.squashfs');
    };
    await create('c1', { templateArgs, backend: 'squashfs' });
    t.not(digest(stored()), digest(file));
    rmSync(system.cacheDir, { recursive: true });
    const home = join(dir, 'gnupg');
    mkdirSync(home, { mode: 0o700 });
    const gpg = (...words: string[]) =>
      execFileSync('gpg', ['--homedir', home, '--batch', '--quiet', '--yes', ...words], { stdio: 'pipe' });
    t.teardown(() => execFileSync('gpgconf', ['--homedir', home, '--kill', 'all']));
    gpg('--passphrase', '', '--quick-generate-key', 'ours@example.org', 'ed25519', 'sign', 'never');
    const sums = join(dir, 'www/images/SHA256SUMS');
    writeFileSync(sums, `${digest(file)}  0123.squashfs\n`);
    gpg('--armor', '--detach-sign', sums);
    writeFileSync(join(dir, 'pinned.asc'), gpg('--armor', '--export', 'ours@example.org'));
    appendFileSync(environment.TLXC_CONF, `tlxc.image.keyring = ${join(dir, 'pinned.asc')}\n`);
    const pinned = { templateArgs, backend: 'squashfs', system: loadSystemConfig(environment) };
    const whole = readFileSync(file);
    writeFileSync(file, Buffer.concat([whole.subarray(0, -1), Buffer.from('x')]));
    await t.throwsAsync(create('c2', pinned), { message: /SHA-256 is .*: refused/ });
    writeFileSync(file, whole);
    await create('c2', pinned);
    t.is(digest(stored()), digest(file));
  },
);

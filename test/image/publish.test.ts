/** A build that is published again replaces the one of before, which stays until then. */
import test, { type ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import {
  chownSync,
  cpSync,
  lchownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { publishedMetadata, publishImage, renewIndexes } from '../../src/image/publish.ts';
import { requires } from '../rig/requires.ts';

const BUILD = '20260101_00:00';

function server(t: ExecutionContext) {
  const root = mkdtempSync(join(tmpdir(), 'tlxc-publish-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const names = { dist: 'tiny', release: 'one', arch: 'amd64', variant: 'default', build: BUILD };
  const metadata = publishedMetadata('amd64', '');
  const publish = (content: string, meanwhile: () => void = () => undefined) =>
    publishImage({
      ...{ ...names, root, metadata },
      writeRootfs: (file) => {
        writeFileSync(file, content);
        meanwhile();
        return Promise.resolve();
      },
    });
  const parent = join(root, 'images/tiny/one/amd64/default');
  const published = () => readFileSync(join(parent, BUILD, 'rootfs.tar.xz'), 'utf8');
  return { root, publish, parent, published };
}

const FILES = ['SHA256SUMS', 'incus.tar.xz', 'meta.tar.xz', 'rootfs.tar.xz'];

test('published again: the new one is there whole, and nothing beside it', async (t) => {
  const { publish, parent, published } = server(t);
  await publish('one');
  await publish('two', () => t.is(published(), 'one', 'until the new one is whole'));
  t.is(published(), 'two');
  t.deepEqual(readdirSync(join(parent, BUILD)).sort(), FILES);
  t.deepEqual(readdirSync(parent), [BUILD]);
});

test('a build whose replacement was killed or fails is there again', async (t) => {
  const { publish, parent, published } = server(t);
  await publish('one');
  renameSync(join(parent, BUILD), join(parent, `.${BUILD}.old`));
  const full = () => {
    throw new Error('no space left');
  };
  await t.throwsAsync(publish('two', full), { message: 'no space left' });
  t.is(published(), 'one');
  t.deepEqual(readdirSync(parent), [BUILD]);
});

test('what is no file of the directory that is served is in no index, and nobody waits for it', async (t) => {
  const { root, publish, parent } = server(t);
  await publish('one');
  const secret = join(root, '../', `${basename(root)}.secret`);
  writeFileSync(secret, 'secret');
  t.teardown(() => rmSync(secret));
  for (const [build, rootfs] of [
    ['20260102_00:00', (file: string) => symlinkSync(secret, file)],
    ['20260103_00:00', (file: string) => execFileSync('mkfifo', [file])],
  ] as const) {
    cpSync(join(parent, BUILD), join(parent, build), { recursive: true });
    rmSync(join(parent, build, 'rootfs.tar.xz'));
    rootfs(join(parent, build, 'rootfs.tar.xz'));
  }
  t.is(await renewIndexes(root), 1);
  const { products } = JSON.parse(readFileSync(join(root, 'streams/v1/images.json'), 'utf8')) as {
    products: Record<string, { versions: object }>;
  };
  t.deepEqual(
    Object.values(products).flatMap(({ versions }) => Object.keys(versions)),
    [BUILD],
  );
});

requires('root')('root makes no directory where a link of another user leads', async (t) => {
  const { root, publish } = server(t);
  const elsewhere = mkdtempSync(join(tmpdir(), 'tlxc-elsewhere-'));
  t.teardown(() => rmSync(elsewhere, { recursive: true }));
  chownSync(root, 65534, 65534);
  for (const name of ['images', 'meta', 'streams']) {
    symlinkSync(elsewhere, join(root, name));
    lchownSync(join(root, name), 65534, 65534);
    const error = await t.throwsAsync(publish('one'), { code: 'TLXC_E_PERMISSION' });
    t.true(error.message.includes(join(root, name)), error.message);
    t.deepEqual(readdirSync(elsewhere), [], name);
    rmSync(join(root, name));
  }
  await publish('one');
});

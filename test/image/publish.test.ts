/** A build that is published again replaces the one of before, which stays until then. */
import test, { type ExecutionContext } from 'ava';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publishedMetadata, publishImage } from '../../src/image/publish.ts';

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
  return { publish, parent, published };
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

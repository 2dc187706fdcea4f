/** A server of images for Incus alone: simplestreams, a squashfs root filesystem, metadata.yaml; nothing of LXC's. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { servedImage } from '../container/images.ts';
import { requires } from '../rig/requires.ts';

const test = requires('root', 'squashfs');

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

/** Servers that lie, go in circles or give what is not theirs: refused by name, nothing of the image or the container is left. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { servedImage } from '../container/images.ts';
import { requires } from '../rig/requires.ts';
import type { Fault } from '../rig/serve-images.ts';

const test = requires('root');

const BUILD = 'images/tiny/one/amd64/default/20260101_00:00';

const FAULTS: Readonly<
  Record<string, { readonly file: RegExp; readonly fault: Fault; readonly said: RegExp }>
> = {
  'an index that redirects to itself': {
    file: /index\.json$/,
    fault: { status: 302, location: '/streams/v1/index.json' },
    said: /more than 5 redirects/,
  },
  'an index that redirects to a file of the host': {
    file: /index\.json$/,
    fault: { status: 302, location: 'file:///etc/passwd' },
    said: /refused a redirect to file:/,
  },
  'an index whose beginning is damaged': {
    file: /images\.json$/,
    fault: { damageAt: 0 },
    said: /images\.json is not a simplestreams document/,
  },
  'damaged metadata': {
    file: /meta\.tar\.xz$/,
    fault: { damageAt: 40 },
    said: /meta\.tar\.xz: SHA-256 is .*: refused/,
  },
  'a damaged root filesystem': {
    file: /rootfs\.tar\.xz$/,
    fault: { damageAt: 40 },
    said: /rootfs\.tar\.xz: SHA-256 is .*: refused/,
  },
  'no root filesystem': { file: /rootfs\.tar\.xz$/, fault: { status: 404 }, said: /answered 404/ },
};

for (const [what, { file, fault, said }] of Object.entries(FAULTS)) {
  test(what, async (t) => {
    const served = await servedImage(t, { fault: (path) => (file.test(path) ? fault : null) });
    await t.throwsAsync(served.create('c1'), { message: said });
    t.deepEqual(served.entries(served.system.lxcpath), []);
    const images = join(served.system.cacheDir, 'images');
    t.deepEqual(
      existsSync(images) ? served.entries(images).filter((name) => !name.startsWith('.lock-')) : [],
      [],
    );
  });
}

test('an index that names a file of another server', async (t) => {
  const served = await servedImage(t);
  const file = join(served.dir, 'www/streams/v1/images.json');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/"path": ?"[^"]*rootfs/g, '"path": "https://elsewhere.example/rootfs'));
  t.not(readFileSync(file, 'utf8'), text);
  await t.throwsAsync(served.create('c1'), {
    message: /names a file outside the server: "https:\/\/elsewhere/,
  });
  t.deepEqual(served.entries(served.system.lxcpath), []);
});

test('an archive with the right digest that leads out: refused, and the container is not there', async (t) => {
  const served = await servedImage(t, {
    entries: [
      { path: './a', type: 'SymbolicLink', linkpath: '../..' },
      { path: './a/canary', content: 'x' },
    ],
  });
  await t.throwsAsync(served.create('c1'), { message: /could not be unpacked/ });
  t.false(existsSync(join(served.dir, 'canary')));
  t.deepEqual(served.entries(served.system.lxcpath), []);
  // It was what the server's index says, so it is not fetched again, and refused again.
  const sha256 = createHash('sha256')
    .update(readFileSync(join(served.dir, 'www', BUILD, 'rootfs.tar.xz')))
    .digest('hex');
  t.deepEqual(served.entries(join(served.system.cacheDir, 'downloads')), [sha256]);
  await t.throwsAsync(served.create('c1'), { message: /could not be unpacked/ });
});

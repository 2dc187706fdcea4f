import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { usingDigested } from '../../src/image/digest.ts';

test('what is copied is what was digested, though the name means another file by then', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-digest-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const [image, other, copy] = ['image', 'other', 'copy'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(image, 'one');
  writeFileSync(other, 'another');
  const sha256 = await usingDigested(image, (file) => {
    renameSync(other, image);
    copyFileSync(file.held, copy);
    return Promise.resolve(file.sha256);
  });
  t.is(readFileSync(copy, 'utf8'), 'one');
  t.is(sha256, createHash('sha256').update('one').digest('hex'));
  await t.throwsAsync(
    usingDigested(other, () => Promise.resolve()),
    { code: 'ENOENT' },
  );
});

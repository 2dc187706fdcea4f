import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { openUnnamed } from '../../src/config/unnamed-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'tlxc-unnamed-'));
test.after.always(() => rmSync(dir, { recursive: true }));

test('it comes to its name whole, in place of what had it, and is nowhere before', (t) => {
  const own = mkdtempSync(join(dir, 'own-'));
  const path = join(own, 'file');
  writeFileSync(path, 'old');
  const file = openUnnamed(path, 0o600);
  writeFileSync(file.fd, 'new');
  t.deepEqual(readdirSync(own), ['file']);
  t.is(readFileSync(path, 'utf8'), 'old');
  file.name();
  closeSync(file.fd);
  t.deepEqual(readdirSync(own), ['file']);
  t.is(readFileSync(path, 'utf8'), 'new');
  t.is(statSync(path).mode & 0o777, 0o600);
});

test('a directory has the name: an error, and nothing is left', (t) => {
  const below = mkdtempSync(join(dir, 'below-'));
  mkdirSync(join(below, 'there'));
  const file = openUnnamed(join(below, 'there'), 0o600);
  t.throws(file.name, { code: 'EISDIR' });
  file.remove();
  closeSync(file.fd);
  t.deepEqual(readdirSync(below), ['there']);
});

test('where there is no directory the error names it', (t) => {
  t.throws(() => openUnnamed(join(dir, 'none/file'), 0o600), {
    code: 'ENOENT',
    message: new RegExp(`${dir}/none`),
  });
});

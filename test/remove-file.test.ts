import test from 'ava';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFile } from '../src/remove-file.ts';

test('a file goes, a link itself, and what is not there is no error', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-remove-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'file'), '');
  symlinkSync('file', join(dir, 'link'));
  mkdirSync(join(dir, 'directory'));
  removeFile(join(dir, 'link'));
  t.deepEqual(readdirSync(dir).sort(), ['directory', 'file']);
  removeFile(join(dir, 'file'));
  removeFile(join(dir, 'file'));
  t.throws(() => removeFile(join(dir, 'directory')), { code: 'EISDIR' });
});

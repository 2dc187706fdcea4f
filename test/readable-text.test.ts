import test from 'ava';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readableText } from '../src/readable-text.ts';

test('what is not there, or no file, has no text', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-'));
  t.teardown(() => {
    rmSync(dir, { recursive: true });
  });
  writeFileSync(join(dir, 'file'), 'words\n');
  t.is(readableText(join(dir, 'file')), 'words\n');
  t.is(readableText(join(dir, 'none')), '');
  t.is(readableText(dir), '');
});

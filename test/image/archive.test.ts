/** Archives are written whole or not at all, and through nothing that somebody put in their way. */
import test, { type ExecutionContext } from 'ava';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compressFile } from '../../src/image/archive.ts';

function place(t: ExecutionContext) {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-archive-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const from = join(dir, 'from');
  writeFileSync(from, 'content');
  return { dir, from, to: join(dir, 'to.tar') };
}

test('a link in a directory of everybody’s is not written through', async (t) => {
  const { dir, from, to } = place(t);
  const canary = join(dir, 'canary');
  writeFileSync(canary, 'untouched');
  symlinkSync(canary, join(dir, '.to.tar.part'));
  symlinkSync(canary, to);
  await compressFile(from, to);
  t.is(readFileSync(canary, 'utf8'), 'untouched');
  t.is(readFileSync(to, 'utf8'), 'content');
});

test('two that write the same archive do not write into each other’s', async (t) => {
  const { dir, from, to } = place(t);
  const other = join(dir, 'other');
  writeFileSync(other, 'x'.repeat(4 * 1024 * 1024));
  await t.notThrowsAsync(Promise.all([compressFile(from, to), compressFile(other, to)]));
  t.true(['content', 'x'.repeat(4 * 1024 * 1024)].includes(readFileSync(to, 'utf8')));
  t.deepEqual(readdirSync(dir).sort(), ['from', 'other', 'to.tar']);
});

test('nothing is left of what cannot be written', async (t) => {
  const { dir, from, to } = place(t);
  mkdirSync(join(to, 'in the way'), { recursive: true });
  await t.throwsAsync(compressFile(from, to), { code: 'EISDIR' });
  t.deepEqual(readdirSync(dir).sort(), ['from', 'to.tar']);
});

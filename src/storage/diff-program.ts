/** dist/diff-trees.cjs, run by diff-rootfs.ts: one argument, what compareTrees takes; prints a change a line. */
import { writeSync } from 'node:fs';
import { errnoWords } from '../errno.ts';
import { compareTrees, type Comparison } from './diff.ts';

try {
  const changes = compareTrees(JSON.parse(process.argv[2] ?? '') as Comparison);
  const bytes = Buffer.from(changes.map((change) => `${JSON.stringify(change)}\n`).join(''));
  for (let at = 0; at < bytes.length;) at += writeSync(1, bytes, at);
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  writeSync(2, `${code?.startsWith('E') ? errnoWords(code) : message}\n`);
  process.exitCode = 1;
}

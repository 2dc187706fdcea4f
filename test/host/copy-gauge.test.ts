/** How far a copy is: what the tree comes to, and what of it is written. The copy waits where it is looked at. */
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Gauge } from '../../src/gauge.ts';
import { copyTree } from '../../src/host/trees.ts';
import { eventually } from '../rig/eventually.ts';
import { requires } from '../rig/requires.ts';

const rooted = requires('root');

rooted('what a copy has written comes to what was counted: files of two names once, holes not', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-gauge-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const [from, to] = [join(dir, 'from'), join(dir, 'to')];
  mkdirSync(join(from, 'below'), { recursive: true });
  mkdirSync(to);
  writeFileSync(join(from, 'large'), Buffer.alloc(300_000, 'a'));
  linkSync(join(from, 'large'), join(from, 'below/again'));
  writeFileSync(join(from, 'below/small'), 'twelve bytes');
  writeFileSync(join(from, 'holes'), '');
  truncateSync(join(from, 'holes'), 2 ** 30);
  symlinkSync('large', join(from, 'link'));
  const [begin, end] = [join(dir, 'begin'), join(dir, 'end')];
  execFileSync('mkfifo', [begin, end]);
  const line = `read go < ${begin}; "$@"; status=$?; read go < ${end}; exit $status`;
  let gauge: Gauge | undefined;
  const ended: string[] = [];
  // Not for ever, where the test fails.
  const words = ['timeout', '60', 'sh', '-c', line, 'sh'];
  const copied = copyTree(from, to, {
    words,
    onStage: (stage, how) => (stage === 'copying' ? (gauge = how) : ended.push(stage)),
  });
  // Nothing is counted before: the program may not see the tree yet.
  t.deepEqual(gauge?.(), { done: 0, total: null });
  await writeFile(begin, 'go\n');
  const all = await eventually(20, () => {
    const amount = gauge?.();
    const known = amount?.total !== null && amount?.total !== undefined;
    return Promise.resolve(known && amount.done >= 300_012 ? amount : undefined);
  });
  t.is(all.total, 300_012);
  await writeFile(end, 'go\n');
  await copied;
  t.deepEqual(ended, ['writing']);
  // The shell has written next to nothing itself.
  t.true((gauge?.().done ?? 0) < 300_012 + 100);
});

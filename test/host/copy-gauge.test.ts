/** How far a copy is: what the tree comes to, and what of it is written. The copy waits where it is looked at. */
import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Gauge, OnStage } from '../../src/gauge.ts';
import { measureTree, readInAllBy } from '../../src/host/copy-gauge.ts';
import { startProgram } from '../../src/host/program.ts';
import { copyTree } from '../../src/host/trees.ts';
import { loopBackend } from '../../src/storage/loop.ts';
import { measureInTree } from '../../src/image/tree-gauge.ts';
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
  const all = await eventually(30, () => {
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

/** A directory of the test's own, with a pipe that keeps a program waiting. */
function makePlace(t: ExecutionContext): { dir: string; go: string } {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-gauge-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const go = join(dir, 'go');
  execFileSync('mkfifo', [go]);
  return { dir, go };
}

/** What the gauge says once it knows how much there is. */
const known = (gauge: Gauge, least: number) =>
  eventually(30, () => {
    const { done, total } = gauge();
    return Promise.resolve(total !== null && done >= least ? { done, total } : undefined);
  });

test('what a program has read of a tree comes to what is in it', async (t) => {
  const { dir, go } = makePlace(t);
  mkdirSync(join(dir, 'rootfs'));
  writeFileSync(join(dir, 'rootfs/large'), Buffer.alloc(3_000_000, 'a'));
  // As packing does: it reads all, and writes little.
  const argv = ['timeout', '60', 'sh', '-c', `exec cat large ${go} > /dev/null`];
  const program = startProgram(argv, { cwd: join(dir, 'rootfs') });
  const done = readInAllBy(program);
  const measured = measureInTree(program, { directory: dir, mapping: null }, { done, as: 'copy' });
  const amount = await known(measured.gauge, 3_000_000);
  t.is(amount.total, 3_000_000);
  // What is read to begin with, libraries and the like, is little.
  t.true(amount.done < 3_100_000);
  await measured.end();
  await writeFile(go, '');
  t.is((await program.ended).status, 0);
});

test('of what is sent each file counts, by whichever names; a path that is not there leaves all unknown', async (t) => {
  const { dir } = makePlace(t);
  mkdirSync(join(dir, 'tree'));
  writeFileSync(join(dir, 'tree/one'), 'twelve bytes');
  linkSync(join(dir, 'tree/one'), join(dir, 'tree/two'));
  writeFileSync(join(dir, 'file'), '12345');
  symlinkSync('file', join(dir, 'link'));
  const measure = (...names: string[]) =>
    measureTree(() => 1, { paths: () => names.map((name) => join(dir, name)), as: 'stream' });
  const all = measure('tree', 'file', 'link');
  // Each member has a head of its own.
  t.is((await known(all.gauge, 0)).total, 2 * 12 + 5 + 5 + 5 * 64);
  await all.end();
  const absent = measure('tree', 'absent');
  absent.gauge();
  await absent.end();
  t.is(absent.gauge().total, null);
});

rooted('a file that holds a filesystem is copied with its fraction: holes are no part of it', async (t) => {
  const { dir } = makePlace(t);
  const [from, staging] = [join(dir, 'from'), join(dir, 'staging')];
  execFileSync('mkfs.ext4', ['-q', '-F', from, '64M']);
  mkdirSync(staging);
  const stages: string[] = [];
  const totals: (number | null)[] = [];
  const onStage: OnStage = (stage, gauge) => {
    stages.push(stage);
    totals.push(gauge().total);
  };
  const place = { staging, final: staging, name: 'u2', options: {}, settings: {}, onStage };
  await loopBackend.copy(place, from, { snapshot: false, mountPoint: () => dir });
  t.deepEqual(stages, ['copying', 'writing']);
  const taken = statSync(from).blocks * 512;
  t.true(taken < 64 * 2 ** 20);
  t.deepEqual(totals, [taken, null]);
  t.true(readFileSync(from).equals(readFileSync(join(staging, 'rootdev'))));
});

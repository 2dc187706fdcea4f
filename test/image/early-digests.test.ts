/** What is known of an archive's files when they have been unpacked, and what is not believed. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { EarlyDigests } from '../../src/image/early-digests.ts';
import { unpack } from '../../src/image/unpack.ts';
import { requires } from '../rig/requires.ts';
import { eventually } from '../rig/eventually.ts';
import { tarOf, type Entry } from './archives.ts';

const test = requires('root');

function place(t: ExecutionContext): string {
  const base = mkdtempSync(join(tmpdir(), 'tlxc-digests-'));
  t.teardown(() => rmSync(base, { recursive: true, force: true }));
  return base;
}

async function digestsOf(t: ExecutionContext, entries: readonly Entry[]) {
  const base = place(t);
  const [archive, work] = [join(base, 'archive'), join(base, 'work')];
  mkdirSync(work);
  writeFileSync(archive, tarOf(entries));
  const { digests, rootfs } = await unpack({ archive, work, excludes: [], privileged: false });
  const known = Object.fromEntries(await digests);
  t.deepEqual(readdirSync(work), ['rootfs']);
  return { known, rootfs };
}

const b2sum = (path: string) =>
  execFileSync('b2sum', ['--length=256', path], { encoding: 'utf8' }).slice(0, 64);

test('plain files are known, links to them and odd names are left to who comes later', async (t) => {
  const { known, rootfs } = await digestsOf(t, [
    { path: './', type: 'Directory' },
    { path: './etc/', type: 'Directory' },
    { path: './etc/passwd', content: 'root' },
    { path: 'plain name', content: 'x' },
    { path: './etc/odd\nname', content: 'y' },
    { path: './etc/grün', content: 'y' },
    { path: './etc/hard', type: 'Link', linkpath: './etc/passwd' },
    { path: './etc/soft', type: 'SymbolicLink', linkpath: 'passwd' },
    { path: './last', content: 'z' },
  ]);
  const paths = ['./etc/passwd', './last', './plain name'];
  t.deepEqual(Object.keys(known).sort(), paths);
  for (const path of paths) t.is(known[path], b2sum(join(rootfs, path)));
});

const DOUBTFUL: Readonly<Record<string, readonly Entry[]>> = {
  'a file that is there twice': [
    { path: './a', content: 'old' },
    { path: 'a', content: 'new' },
  ],
  'a file that becomes a pipe': [
    { path: './a', content: 'old' },
    { path: './/./a', type: 'FIFO' },
  ],
  'a file that is written again through a link': [
    { path: './d/a', content: 'old' },
    { path: './l', type: 'SymbolicLink', linkpath: 'd' },
    { path: './l/a', content: 'new' },
  ],
  'one through a hard link to a link': [
    { path: './d/a', content: 'old' },
    { path: './l', type: 'SymbolicLink', linkpath: 'd' },
    { path: './k', type: 'Link', linkpath: './l' },
    { path: './k/a', content: 'new' },
  ],
};

for (const [what, entries] of Object.entries(DOUBTFUL))
  test(`nothing is believed of an archive with ${what}`, async (t) => {
    const { known } = await digestsOf(t, [...entries, { path: './b', content: 'x' }]);
    t.deepEqual(known, {});
  });

/** Processes with this word on their command line. */
const processesWith = (word: string): string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(word);
    } catch {
      return false;
    }
  });

test('what a hostile archive has become a pipe meanwhile keeps nobody waiting, and no process', async (t) => {
  const work = place(t);
  const [rootfs, jail] = [join(work, 'rootfs'), join(work, 'jail')];
  for (const dir of [rootfs, jail]) mkdirSync(dir);
  const pipe = `pipe-${process.pid}-${Date.now()}`;
  execFileSync('mkfifo', [join(rootfs, pipe)]);
  const early = new EarlyDigests({ jail, rootfs, mapping: null, devices: false }, work);
  const member = (name: string) => early.take({ type: '-', size: 0, name, target: '' });
  member(pipe);
  // As many as make xargs begin, for each core.
  for (let file = 0; file < 4000; file++) member(`./${'x'.repeat(60)}${file}`);
  // xargs has the name, and b2sum, which waits for a writer.
  await eventually(60, () => Promise.resolve(processesWith(pipe).length > 0 || undefined));
  await early.stop();
  t.deepEqual(processesWith(pipe), []);
});

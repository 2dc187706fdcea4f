/** A root filesystem is unpacked while it arrives, and counts only once all of it was found right. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Arrival } from '../../src/image/arrival.ts';
import { unpack } from '../../src/image/unpack.ts';
import { servedImage, tinySystem } from '../container/images.ts';
import { eventually } from '../rig/eventually.ts';
import { requires } from '../rig/requires.ts';
import type { Fault } from '../rig/serve-images.ts';
import { tarOf, type Entry } from './archives.ts';

const rooted = requires('root');

function place(t: ExecutionContext) {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-arrival-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const [work, part, archive] = [join(dir, 'work'), join(dir, 'part'), join(dir, 'archive')];
  mkdirSync(work);
  writeFileSync(part, '');
  return { work, part, archive };
}

async function textOf(arrival: Arrival): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of arrival.chunks()) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

test('a reader that is there before the first byte follows from it', async (t) => {
  const { part } = place(t);
  const arrival = new Arrival();
  const read = textOf(arrival);
  writeFileSync(part, 'all');
  arrival.reached(part, 0);
  arrival.reached(part, 3);
  arrival.arrived(part);
  t.is(await read, 'all');
  t.false(arrival.beganAnew);
});

test('a reader gets every byte, those before it came, those after, and ends only when the file is known to be right', async (t) => {
  const { part, archive } = place(t);
  const arrival = new Arrival();
  writeFileSync(part, 'one ');
  arrival.reached(part, 4);
  let ended = false;
  const read = textOf(arrival).finally(() => (ended = true));
  appendFileSync(part, 'two ');
  arrival.reached(part, 8);
  const head = arrival.head(10);
  appendFileSync(part, 'three');
  arrival.reached(part, 13);
  t.is((await head).toString(), 'one two th');
  await new Promise((resolve) => setImmediate(resolve));
  t.false(ended);
  renameSync(part, archive);
  arrival.arrived(archive);
  t.is(await read, 'one two three');
  t.is(await textOf(arrival), 'one two three');
  t.is((await arrival.head(100)).toString(), 'one two three');
});

test('a reader is told that the file will never be whole, or that it began anew', async (t) => {
  const { part } = place(t);
  const [broken, anew] = [new Arrival(), new Arrival()];
  for (const arrival of [broken, anew]) arrival.reached(part, 0);
  const reads = [textOf(broken), textOf(anew)];
  writeFileSync(part, 'one');
  for (const arrival of [broken, anew]) arrival.reached(part, 3);
  broken.failed();
  anew.reached(part, 0);
  for (const read of reads) await t.throwsAsync(read, { message: /did not arrive whole/ });
  t.false(await broken.whole());
  t.true(anew.beganAnew);
});

const members = (count: number): Entry[] =>
  Array.from({ length: count }, (_, index) => ({
    path: `./f${index}`,
    content: randomBytes(50_000).toString('hex'),
  }));

rooted('the first files are there before the last bytes have come', async (t) => {
  const { work, part, archive } = place(t);
  const packed = execFileSync('gzip', ['-c'], { input: tarOf(members(20)), maxBuffer: 1e8 });
  const arrival = new Arrival();
  const half = packed.length / 2;
  writeFileSync(part, packed.subarray(0, half));
  arrival.reached(part, statSync(part).size);
  const unpacked = unpack({ archive, arrival, work, excludes: [], privileged: false });
  await eventually(30, () => Promise.resolve(existsSync(join(work, 'rootfs/f5')) ? true : undefined));
  t.false(existsSync(join(work, 'rootfs/f19')));
  appendFileSync(part, packed.subarray(half));
  arrival.reached(part, packed.length);
  renameSync(part, archive);
  arrival.arrived(archive);
  t.is(readdirSync((await unpacked).rootfs).length, 20);
});

const ROOTFS = 'rootfs.tar.xz';
const bulk = [...tinySystem, ...members(10)];

/** Of the rootfs, at each of its transfers. */
const faulty =
  (...faults: readonly (Fault | null)[]) =>
  (path: string, before: number) =>
    path.endsWith(ROOTFS) ? (faults[before] ?? null) : null;

/** Nothing but locks and downloads that can go on. */
const storedIn = (cache: string): string[] =>
  readdirSync(join(cache, 'images')).filter((name) => !name.startsWith('.lock-'));

rooted('cut off three times, it goes on where it was, in one unpacking', async (t) => {
  const served = await servedImage(t, {
    entries: bulk,
    fault: faulty({ cutAfter: 100_000 }, { cutAfter: 300_000 }),
  });
  await served.create('c1', { backend: 'dir' });
  for (const { path, content = '' } of bulk.slice(-10))
    t.is(readFileSync(join(served.system.lxcpath, 'c1/rootfs', path), 'utf8'), content);
  t.is(served.server.requests.filter((path) => path.endsWith(ROOTFS)).length, 3);
});

rooted(
  'a part of another file, for which the server gives no more: it begins anew, and so does the unpacking',
  async (t) => {
    const served = await servedImage(t, { entries: bulk, fault: faulty({ status: 416 }) });
    const sums = readFileSync(
      join(served.dir, 'www/images/tiny/one/amd64/default/20260101_00:00/SHA256SUMS'),
      'utf8',
    );
    const [, id = ''] = /([0-9a-f]{64}) {2}rootfs.tar.xz/.exec(sums) ?? [];
    const downloads = join(served.system.cacheDir, 'downloads');
    mkdirSync(downloads, { recursive: true });
    writeFileSync(join(downloads, `${id}.part`), tarOf(members(3)));
    await served.create('c1');
    t.deepEqual(storedIn(served.system.cacheDir), [id]);
    t.deepEqual(readdirSync(downloads), []);
  },
);

rooted('a part whose end was lost with the power: all of it is fetched and unpacked anew', async (t) => {
  const served = await servedImage(t, { entries: bulk });
  const build = join(served.dir, 'www/images/tiny/one/amd64/default/20260101_00:00');
  const [, id = ''] =
    /([0-9a-f]{64}) {2}rootfs.tar.xz/.exec(readFileSync(join(build, 'SHA256SUMS'), 'utf8')) ?? [];
  const downloads = join(served.system.cacheDir, 'downloads');
  mkdirSync(downloads, { recursive: true });
  const rootfs = readFileSync(join(build, ROOTFS));
  const left = Buffer.concat([rootfs.subarray(0, rootfs.length / 2), Buffer.alloc(65536)]);
  writeFileSync(join(downloads, `${id}.part`), left);
  await served.create('c1', { backend: 'dir' });
  for (const { path, content = '' } of bulk.slice(-10))
    t.is(readFileSync(join(served.system.lxcpath, 'c1/rootfs', path), 'utf8'), content);
});

const WRONG: Readonly<Record<string, { readonly faults: readonly Fault[]; readonly said: RegExp }>> = {
  'the first byte': { faults: [{ damageAt: 0 }], said: /SHA-256 is .*: refused/ },
  'a byte in the middle': { faults: [{ damageAt: 400_000 }], said: /SHA-256 is .*: refused/ },
  'a server that is cut off every time': {
    faults: Array<Fault>(3).fill({ cutAfter: 1000 }),
    said: /bytes arrived|connection was cut/,
  },
};

for (const [what, { faults, said }] of Object.entries(WRONG)) {
  rooted(`nothing of it is stored, nor of the container: ${what}`, async (t) => {
    const served = await servedImage(t, { entries: bulk, fault: faulty(...faults) });
    await t.throwsAsync(served.create('c1'), { message: said });
    t.deepEqual(storedIn(served.system.cacheDir), []);
    t.deepEqual(served.entries(served.system.lxcpath), []);
    await served.create('c1');
    t.deepEqual(served.entries(served.system.lxcpath), ['c1']);
  });
}

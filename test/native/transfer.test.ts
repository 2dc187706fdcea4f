/** tlxc-transfer's receiving end, fed with what its other end never sends: it writes nothing but what it was told to, or ends. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { eventually } from '../rig/eventually.ts';
import { seeded } from '../rig/moments.ts';

const TRANSFER = join(import.meta.dirname, '../../native/build/Release/tlxc-transfer');
const STREAMS = Number(process.env['TLXC_TEST_STREAMS'] ?? 250);

const [DIRECTORY, UP, FILE, DATA, HOLE, END, LINK, DONE] = [1, 2, 3, 4, 5, 6, 7, 8];

function frame(kind: number, bytes: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(kind, 0);
  head.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
}

function entry(kind: number, name: string, target?: string): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0o755, 0);
  return frame(kind, Buffer.concat([head, Buffer.from(target === undefined ? name : `${name}\0${target}`)]));
}

function hole(size: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(size);
  return frame(HOLE, bytes);
}

const data = (text: string): Buffer => frame(DATA, Buffer.from(text));

interface Place {
  readonly target: string;
  /** All that there is beside the target. */
  readonly beside: () => readonly string[];
  readonly receive: (stream: Buffer) => { readonly status: number | null; readonly said: string };
}

function makePlace(t: ExecutionContext): Place {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-transfer-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const target = join(dir, 'target');
  writeFileSync(join(dir, 'beside'), 'untouched');
  const receive = (stream: Buffer) => {
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target);
    const words = ['host', 'receive', 'i', '-1', '-1', '-1', target];
    const { status, stderr } = spawnSync(TRANSFER, words, {
      input: stream,
      encoding: 'utf8',
      timeout: 20_000,
      killSignal: 'SIGKILL',
    });
    return { status, said: stderr };
  };
  return { target, receive, beside: () => [...readdirSync(dir), readFileSync(join(dir, 'beside'), 'utf8')] };
}

const WHOLE = [
  entry(DIRECTORY, 'd'),
  ...[entry(FILE, 'f'), data('some'), hole(4096n), data('more'), frame(END)],
  ...[entry(LINK, 'l', '../../beside'), entry(DIRECTORY, 'e'), entry(FILE, 'g'), frame(END), frame(UP)],
  ...[frame(UP), entry(FILE, 'h'), data('h'), frame(END), frame(DONE)],
];

test('frames as they should be are written', (t) => {
  const place = makePlace(t);
  t.deepEqual(place.receive(Buffer.concat(WHOLE)), { status: 0, said: '' });
  t.deepEqual(readdirSync(place.target).sort(), ['d', 'h']);
  t.is(readFileSync(join(place.target, 'd/f'), 'latin1'), `some${'\0'.repeat(4096)}more`);
});

test('a hole that goes back, or beyond what a file can have, is none', (t) => {
  const place = makePlace(t);
  for (const holes of [[-4n], [2n ** 62n, 2n ** 62n, 2n ** 62n], [-(2n ** 63n)]]) {
    const stream = [
      entry(FILE, 'f'),
      data('kept'),
      ...holes.map(hole),
      data('over'),
      frame(END),
      frame(DONE),
    ];
    const { status, said } = place.receive(Buffer.concat(stream));
    t.is(status, 1);
    t.regex(said, /"detail":"cut"|lseek/);
    t.deepEqual(readdirSync(place.target), []);
  }
});

test('names that lead elsewhere are refused', (t) => {
  const place = makePlace(t);
  for (const name of ['../beside', '..', '.', '/etc/x', 'a/b', '', 'n'.repeat(256)])
    for (const kind of [FILE, DIRECTORY, LINK]) {
      const last = kind === FILE ? [data('x'), frame(END)] : [];
      const within = [entry(DIRECTORY, 'd'), entry(kind, name, kind === LINK ? 'x' : undefined), ...last];
      const { status } = place.receive(Buffer.concat([...within, frame(UP), frame(DONE)]));
      t.is(status, 1, `${kind} ${name}`);
      t.deepEqual(readdirSync(join(place.target, 'd')), [], name);
    }
  t.deepEqual(place.beside(), ['beside', 'target', 'untouched']);
});

test('streams with anything in them end it orderly, and change nothing outside of the target', (t) => {
  const place = makePlace(t);
  const { seed, random } = seeded();
  t.log(`TLXC_SEED=${seed}`);
  const below = (most: number): number => Math.floor(random() * most);
  const damage = (stream: Buffer): Buffer => {
    const at = below(stream.length);
    if (random() < 0.2) return stream.subarray(0, at);
    if (random() < 0.2) return Buffer.concat([stream.subarray(0, at), stream.subarray(below(stream.length))]);
    stream[at] = random() < 0.5 ? below(256) : (stream[at] ?? 0) ^ (1 << below(8));
    return stream;
  };
  for (let count = 0; count < STREAMS; count++) {
    const frames = [...WHOLE];
    for (let moves = below(4); moves > 0; moves--)
      frames.splice(below(frames.length), below(2), WHOLE[below(WHOLE.length)] ?? frame(DONE));
    let stream: Buffer = Buffer.concat(frames);
    for (let flaws = below(4); flaws > 0; flaws--) stream = damage(Buffer.from(stream));
    const { status, said } = place.receive(stream);
    t.true(status === 0 || status === 1, `${status}: ${said}: ${stream.toString('base64')}`);
    t.deepEqual(place.beside(), ['beside', 'target', 'untouched']);
  }
});

/** A tree that is deeper than files can be open: each level has a file, and directories before and behind the next one. */
const DEEP = `
  chdir $ARGV[0] or die;
  for my $level (1 .. 160) {
    mkdir $_ or die for qw(a d z);
    for my $name (qw(f a/f z/f)) { open my $file, '>', $name or die; print $file "$level $name" }
    chdir 'd' or die;
  }`;

/** All that is in it, its times, too. */
const digest = (dir: string): string =>
  spawnSync('sh', ['-c', 'cd "$0" && tar --sort=name -cf - * | sha256sum', dir], { encoding: 'utf8' }).stdout;

test('a tree is copied that is deeper than files can be open', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-transfer-'));
  t.teardown(() => spawnSync('rm', ['-r', dir]));
  const [source, target] = [join(dir, 'source'), join(dir, 'target')];
  mkdirSync(source);
  mkdirSync(target);
  t.is(spawnSync('perl', ['-e', DEEP, source]).status, 0);
  const copy = `ulimit -n 100; "$0" host send recursive "$1/." | "$0" host receive i -1 -1 -1 "$2"`;
  const run = ['-c', `set -o pipefail; ${copy}`, TRANSFER, source, target];
  const { status, stderr } = spawnSync('bash', run, { encoding: 'utf8', timeout: 60_000 });
  t.deepEqual([status, stderr], [0, '']);
  t.is(digest(target), digest(source));
});

test('a directory that is moved while what is in it is written ends that', async (t) => {
  const { target, beside } = makePlace(t);
  mkdirSync(target);
  const words = ['host', 'receive', 'i', '-1', '-1', '-1', target];
  const receiver = spawn(TRANSFER, words, { stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  receiver.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(receiver, 'close');
  const depth = 80;
  const at = (level: number): string => join(target, ...Array<string>(level).fill('d'));
  receiver.stdin.write(Buffer.concat(Array<Buffer>(depth).fill(entry(DIRECTORY, 'd'))));
  await eventually(20, () => Promise.resolve(existsSync(at(depth)) || undefined));
  renameSync(at(depth - 2), join(target, 'elsewhere'));
  const rest = [
    ...Array<Buffer>(depth).fill(Buffer.concat([entry(FILE, 'f'), frame(END), frame(UP)])),
    frame(DONE),
  ];
  // It may end before it has read all of it.
  receiver.stdin.on('error', () => undefined).end(Buffer.concat(rest));
  t.deepEqual(await ended, [1, null]);
  t.regex(said, /"detail":"moved"/);
  t.deepEqual(readdirSync(join(target, 'elsewhere')).sort(), ['d', 'f']);
  t.deepEqual(readdirSync(at(depth - 3)), []);
  t.deepEqual(beside(), ['beside', 'target', 'untouched']);
});

import test from 'ava';
import { humanSize, infoLines, type Information } from '../../src/cli/info-lines.ts';

const nothing = { state: false, pid: false, ips: false, stats: false };
const u1: Information = {
  name: 'u1',
  state: 'RUNNING',
  pid: 26266,
  addresses: ['10.0.4.7', 'fd42::7'],
  usage: {
    cpuNanoseconds: 10_608_685,
    blockBytes: 0,
    memoryBytes: 888_832,
    kernelMemoryBytes: 348_160,
    oomKills: 0,
  },
  disk: { used: 41_943_040, limit: 2 ** 31 },
  forwards: [{ listen: 'tcp 8080', connect: '80' }],
  links: [{ hostName: 'vethAbC', txBytes: 1500, rxBytes: 3_145_728 }],
  image: {
    name: 'debian/bookworm/amd64/default 20260913_05:24',
    origin: 'https://images.example.org/',
    signedBy: 'Ann <ann@example.org> (5DC8F58EEFAF8942)',
    sha256: 'ab'.repeat(32),
  },
  health: null,
  restart: null,
  lastExit: null,
  startFailure: '',
};
const stopped: Information = {
  ...u1,
  state: 'STOPPED',
  pid: null,
  addresses: [],
  usage: null,
  forwards: [],
  links: [],
  disk: null,
  image: null,
};

// Labels, units and order are lxc-info's own (5.0.2).
test('everything, for people', (t) => {
  t.deepEqual(infoLines(u1, nothing, true), [
    'Name:           u1',
    'State:          RUNNING',
    'PID:            26266',
    'IP:             10.0.4.7',
    'IP:             fd42::7',
    'Forward:        tcp 8080 -> 80',
    'Image:          debian/bookworm/amd64/default 20260913_05:24 from https://images.example.org/, signed by Ann <ann@example.org> (5DC8F58EEFAF8942) (sha256:abababababab)',
    'CPU use:        0.01 seconds',
    'BlkIO use:      0 bytes',
    'Memory use:     868.00 KiB',
    'KMem use:       340.00 KiB',
    'Disk use:       40.00 MiB of 2.00 GiB',
    'Link:           vethAbC',
    ' TX bytes:      1.46 KiB',
    ' RX bytes:      3.00 MiB',
    ' Total bytes:   3.00 MiB',
  ]);
});

test('everything, for programs', (t) => {
  t.deepEqual(infoLines(u1, nothing, false).slice(7, 12), [
    'CPU use:        10608685',
    'BlkIO use:      0',
    'Memory use:     888832',
    'KMem use:       348160',
    'Disk use:       41943040',
  ]);
});

test('a stopped container has a name and a state', (t) => {
  t.deepEqual(infoLines(stopped, nothing, true), ['Name:           u1', 'State:          STOPPED']);
  t.deepEqual(infoLines(stopped, { ...nothing, pid: true }, false), []);
});

test('one thing asked for with -H is the bare value, two are not', (t) => {
  t.deepEqual(infoLines(u1, { ...nothing, state: true }, false), ['RUNNING']);
  t.deepEqual(infoLines(u1, { ...nothing, ips: true }, false), ['10.0.4.7', 'fd42::7']);
  t.deepEqual(infoLines(u1, { ...nothing, state: true, pid: true }, false), [
    'State:          RUNNING',
    'PID:            26266',
  ]);
});

test('a counter the host does not keep has no line', (t) => {
  const none = { blockBytes: null, memoryBytes: null, kernelMemoryBytes: null, oomKills: null };
  const usage = { cpuNanoseconds: 1, ...none };
  t.deepEqual(infoLines({ ...u1, usage, disk: null, links: [] }, { ...nothing, stats: true }, true), [
    'CPU use:        0.00 seconds',
  ]);
});

test('processes that were killed for lack of memory have a line where there are any', (t) => {
  const statistics = (oomKills: number) =>
    infoLines({ ...u1, usage: u1.usage && { ...u1.usage, oomKills } }, { ...nothing, stats: true }, true);
  t.true(statistics(2).includes('OOM kills:      2'));
  t.notRegex(statistics(0).join(), /OOM/);
});

for (const [bytes, text] of [
  [0, '0 bytes'],
  [1023, '1023 bytes'],
  [1024, '1.00 KiB'],
  [1_048_575, '1023.99 KiB'],
  [13_549_568, '12.92 MiB'],
  [5 * 2 ** 30, '5.00 GiB'],
  [3 * 2 ** 40, '3072.00 GiB'],
] as const) {
  test(`${bytes} reads ${text}`, (t) => t.is(humanSize(bytes), text));
}

const crashed: NonNullable<Information['lastExit']> = {
  ...{ code: null, signal: 'SIGKILL', outOfMemory: true, oomKills: 1, requested: false, failed: true },
  ...{ endedAt: '2026-11-22T17:00:00.000Z', restarts: 2, givenUp: false, unhealthy: false },
};
const tail = (information: Partial<Information>) =>
  infoLines({ ...stopped, ...information }, nothing, true).slice(2);

test('how it ended, and when it is started again', (t) => {
  const restart = { count: 3, max: 0, inMs: 7_400 };
  t.deepEqual(tail({ restart, lastExit: crashed }), [
    'Restart:        in 8 s (3rd time, last exit: out of memory)',
  ]);
  t.deepEqual(tail({ restart: { ...restart, count: 11, inMs: 0 }, startFailure: 'no such bridge' }), [
    'Restart:        now (11th time, last start: no such bridge)',
  ]);
  t.deepEqual(tail({ lastExit: { ...crashed, givenUp: true } }), [
    'Restart:        given up after 2 restarts',
    'Last exit:      out of memory (2026-11-22T17:00:00.000Z)',
  ]);
  const inOrder = { ...crashed, signal: 'SIGINT', outOfMemory: false, failed: false };
  t.deepEqual(tail({ lastExit: inOrder }), ['Last exit:      powered off (2026-11-22T17:00:00.000Z)']);
  t.deepEqual(tail({ lastExit: { ...inOrder, requested: true } }), [
    'Last exit:      stopped by request (2026-11-22T17:00:00.000Z)',
  ]);
  t.deepEqual(tail({ lastExit: { ...crashed, signal: null, code: 9, outOfMemory: false } }), [
    'Last exit:      exit code 9; a process was killed for lack of memory (2026-11-22T17:00:00.000Z)',
  ]);
  const running = infoLines({ ...u1, lastExit: inOrder }, { ...nothing }, true);
  t.false(
    running.some((line) => line.startsWith('Last exit')),
    'it is history',
  );
});

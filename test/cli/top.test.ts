import test from 'ava';
import { containerOrders, cpuTime, shortSize, sorted, totalOrders } from '../../src/cli/top-columns.ts';
import { clip } from '../../src/cli/printable.ts';
import { csvLine, measurementJson } from '../../src/cli/top-lines.ts';
import { containerTable } from '../../src/cli/top-page.ts';
import { firstView, press, type View } from '../../src/cli/top-view.ts';
import type { Measurement } from '../../src/container/info/meter.ts';
import { keysOf } from '../../src/host/screen.ts';

const idle: Measurement = {
  ...{ name: 'u1', lxcpath: '/store', state: 'RUNNING', running: null },
  ...{ cpuNanoseconds: 2_154_676, cpuUserNanoseconds: 10_000_000, cpuSystemNanoseconds: 29_999_999 },
  ...{ blockBytes: 8192, blockReadBytes: 4096, blockWriteBytes: 4096, blockOperations: 3 },
  ...{ memoryBytes: 454_656, swapBytes: 0, memoryAndSwapBytes: 454_656, kernelMemoryBytes: 86_016 },
  ...{ memoryLimitBytes: null, tasks: 2, taskLimit: null, rxBytes: 10, txBytes: 20 },
  ...{ pressure: { cpu: null, memory: null, io: null } },
  ...{ cpuPercent: 0.4, blockReadRate: 0, blockWriteRate: 0, rxRate: 1500, txRate: null },
};
const named = (name: string, more: Partial<Measurement> = {}): Measurement => ({ ...idle, name, ...more });
const plain = (_colour: unknown, text: string): string => text;
const table = (rows: readonly Measurement[], width: number, sort = 'n'): string[] =>
  containerTable(rows, { width, sort, withPaths: false, paint: plain });

test('sizes and times fit their columns', (t) => {
  t.deepEqual([0, 999, 1000, 1536, 102_300, 454_656, 1_073_741_823, 5e12, null].map(shortSize), [
    '0',
    '999',
    '1.0K',
    '1.5K',
    '99.9K',
    '444K',
    '1.0G',
    '4.5T',
    '-',
  ]);
  t.deepEqual([2e6, 59.99e9, 61e9, 3_661e9, 90_000e9, undefined].map(cpuTime), [
    ...['0.00s', '59.99s', '1:01', '1:01:01', '25:00:00', '-'],
  ]);
});

test('a line of --batch is one of lxc-top -b', (t) => {
  t.is(csvLine(1795366260263, idle), '1795366260263,u1,2154676,2,1,8192,3,454656,454656,86016');
  const lost: Measurement = {
    ...{ name: 'u2', lxcpath: '/store', state: 'UNRESPONSIVE', running: null },
    ...{ cpuPercent: null, blockReadRate: null, blockWriteRate: null, rxRate: null, txRate: null },
  };
  t.is(csvLine(5, lost), '5,u2,0,0,0,0,0,0,0,0');
});

test('a line of --json is an object with all numbers', (t) => {
  const line = measurementJson(0, idle);
  t.is(line.indexOf('\n'), line.length - 1);
  const parsed = JSON.parse(line) as Record<string, unknown>;
  t.like(parsed, {
    time: '1970-01-01T00:00:00.000Z',
    name: 'u1',
    lxcpath: '/store',
    pid: null,
    rxRate: 1500,
  });
  t.false('running' in parsed);
});

test('a terminal of any width gets lines that fit, the sorted column among them', (t) => {
  const rows = [named('u1'), named('a-very-long-name-of-a-container-that-is-63-letters-long-no-more-x')];
  for (const width of [200, 80, 60, 40, 25, 17]) {
    const lines = table(rows, width, 'k');
    t.true(
      lines.every((line) => line.length <= width),
      `${width}: ${lines.join('\n')}`,
    );
    t.regex(lines[0] ?? '', /^NAME.*\*KMEM/, String(width));
  }
  t.deepEqual(table([named('u1')], 17, 'c'), ['NAME      *CPU%', 'u1          0.4']);
});

test('what no container has takes no room', (t) => {
  t.notRegex(table([idle], 200)[0] ?? '', /STATE|LIMIT|PRESSURE|MEM\+SW/);
  const busy = named('u2', {
    ...{ state: 'FROZEN', memoryLimitBytes: 2 ** 30, swapBytes: 1 },
    ...{ pressure: { cpu: 12.4, memory: 0, io: null } },
  });
  const lines = table([idle, busy], 200);
  t.regex(lines[0] ?? '', /STATE.*LIMIT.*MEM\+SW.*PRESSURE/);
  t.regex(lines[2] ?? '', /^u2 .*FROZEN.*1\.0G.*12\/0\/-/);
});

test('who is asked how it is stands out where it is not well', (t) => {
  const of = (status: 'healthy' | 'unhealthy'): Measurement['running'] =>
    ({ health: { status, sinceMs: 0, failures: 0, last: null } }) as unknown as Measurement['running'];
  const rows = [
    named('u1'),
    named('u2', { running: of('healthy') }),
    named('u3', { running: of('unhealthy') }),
  ];
  t.notRegex(table(rows.slice(0, 1), 200)[0] ?? '', /HEALTH/);
  const lines = containerTable(rows, {
    ...{ width: 200, sort: 'n', withPaths: false },
    paint: (colour, text) => `<${colour}:${text.trim()}>`,
  });
  t.regex(lines[0] ?? '', /^NAME +HEALTH/);
  t.regex(lines[1] ?? '', /^u1 +- /);
  t.regex(lines[2] ?? '', /^u2 +healthy /);
  t.regex(lines[3] ?? '', /^u3 +<red:unhealthy> /);
  t.like(JSON.parse(measurementJson(0, rows[2] ?? idle)), { health: 'unhealthy' });
  t.like(JSON.parse(measurementJson(0, idle)), { health: null });
});

test('near a limit a number stands out', (t) => {
  const painted = containerTable([named('u1', { memoryLimitBytes: 460_000, taskLimit: 2 })], {
    ...{ width: 200, sort: 'n', withPaths: false },
    paint: (colour, text) => `<${colour}:${text.trim()}>`,
  });
  t.regex(painted[1] ?? '', /<red:444K>.*<red:2>/);
});

test('nothing that a container calls itself drives the terminal', (t) => {
  t.is(clip('\u001b[2Jrm\u0007 \u202edaeh', 40), '\\x1b[2Jrm\\x07 \\u202edaeh');
  t.is(clip('漢字漢字', 5), '漢字…');
  t.is(clip('a\u0301bcdef', 4), 'a\u0301bc…');
});

test('orders are those of LXC: names upwards, numbers downwards, the other way round with -r', (t) => {
  const rows = [
    named('b', { cpuPercent: 1, cpuNanoseconds: 9 }),
    named('a', { cpuPercent: 5, cpuNanoseconds: 1 }),
    named('c', { cpuPercent: null, cpuNanoseconds: 5 }),
  ];
  const names = (orders: typeof containerOrders, key: string, reversed = false): string => {
    const order = orders.find((each) => each.key === key);
    return order
      ? sorted(rows, order, reversed, ({ name }) => name)
          .map(({ name }) => name)
          .join('')
      : '';
  };
  t.is(names(containerOrders, 'n'), 'abc');
  t.is(names(containerOrders, 'n', true), 'cba');
  t.is(names(containerOrders, 'c'), 'abc');
  t.is(names(totalOrders, 'c'), 'bca', 'of totals in batch output');
  t.is(names(containerOrders, 'm'), 'abc', 'by name where they are equal');
});

test('keys are known by what terminals send', (t) => {
  t.deepEqual(keysOf('q\u001b[A\u001bOB\u001b[5~\r\u001b\u0003'), [
    ...['q', 'up', 'down', 'page-up', 'enter', 'escape', 'interrupt'],
  ]);
  t.deepEqual(keysOf('\u001b[15~\u001b[1;5Cx'), ['x']);
});

test('keys move, sort, look inside and leave', (t) => {
  const shown = { ids: ['a', 'b', 'c'], keys: ['n', 'c'], page: 2 };
  const after = (...keys: readonly string[]): View | 'quit' =>
    keys.reduce<View | 'quit'>(
      (view, key) => (view === 'quit' ? view : press(view, shown, key)),
      firstView('n', false),
    );
  t.like(after('down'), { containers: { selected: 'b' } });
  t.like(after('page-down', 'down'), { containers: { selected: 'c' } });
  t.like(after('c', 'c'), { containers: { sort: 'c', reversed: true } });
  t.like(after('r', 'c'), { containers: { sort: 'c', reversed: false } });
  t.like(after('down', 'enter'), { inside: { id: 'b' } });
  t.like(after('enter', 'escape'), { inside: null });
  t.is(after('escape'), 'quit');
  t.is(after('enter', 'q'), 'quit');
  t.deepEqual(after('x', 'left'), firstView('n', false));
});

/** The words of tlxc-logs, and what of a console's bytes a terminal is shown. */
import test from 'ava';
import { LogPrinter } from '../../src/cli/log-text.ts';
import { parseSince } from '../../src/cli/logs.ts';
import { withoutSequences } from '../../src/cli/printable.ts';
import { RecordReader } from '../../src/container/journal/record.ts';

test('--since takes a time as people write it', (t) => {
  const now = Date.parse('2026-11-22T16:00:00Z');
  t.is(parseSince('10m', now), now - 600_000);
  t.is(parseSince('2d', now), now - 172_800_000);
  t.is(parseSince('2026-11-22T15:00:00Z', now), now - 3_600_000);
  t.is(parseSince('2026-11-22 15:00', now), new Date(2026, 10, 22, 15).getTime());
  t.is(parseSince('2026-11-22', now), new Date(2026, 10, 22).getTime());
  for (const wrong of ['', 'yesterday', '10', '10m ago', '2026-13-01'])
    t.throws(() => parseSince(wrong, now), { code: 'TLXC_E_USAGE' }, wrong);
});

test('of what drives a terminal nothing is left, what is no sequence is written out', (t) => {
  t.is(withoutSequences('\u001b[0;32m  OK  \u001b[0m] Started\u001b[K'), '  OK  ] Started');
  t.is(withoutSequences('\u001b]0;title\u0007a\u001b]8;;x\u001b\\b\u001b(Bc\u001bMd'), 'abcd');
  t.is(withoutSequences('a\u001b[31'), 'a\\x1b[31');
  t.is(withoutSequences('\u009b31mx\u0008'), '\\x9b31mx\\x08');
});

test('records come in any parts; a torn one is passed over', (t) => {
  const reader = new RecordReader();
  const time = '2026-11-22T16:00:00.000000Z';
  const text = `${time} console P log\n${time} console F in: \u00e9\ntorn\n${time} boot F start\n`;
  const bytes = Buffer.from(text);
  const records = [...bytes].flatMap((byte) => [...reader.read(Buffer.from([byte]))]);
  t.deepEqual(
    records.map(({ source, bytes: its, ends }) => [source, its.toString(), ends]),
    [
      ['console', 'log', false],
      ['console', 'in: \u00e9', true],
      ['boot', 'start', true],
    ],
  );
  const printer = new LogPrinter({ timestamps: true, safe: true });
  const printed = records.map((record) => printer.print(record).toString()).join('');
  t.is(
    printed,
    `2026-11-22T16:00:00.000Z login: \u00e9\n2026-11-22T16:00:00.000Z -- 2026-11-22T16:00:00.000Z: start --\n`,
  );
});

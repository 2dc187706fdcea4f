import test from 'ava';
import { LXC_COLUMNS, readJson, readTable } from '../../../src/container/nested/answer.ts';

test('of JSON, what is of the right kind counts', (t) => {
  const row = { name: 'in', state: 'RUNNING', pid: 7, groups: ['web', 3], ipv4: 'none', later: true };
  const [found, ...more] = readJson(JSON.stringify([row])) ?? [];
  t.deepEqual(more, []);
  t.like(found, { name: 'in', state: 'RUNNING', pid: 7, parents: [], groups: ['web'], ipv4: [], ram: null });
  t.false('later' in (found ?? {}));
  const health = (word: unknown) => readJson(JSON.stringify([{ ...row, health: word }]))?.[0]?.health;
  t.is(health('unhealthy'), 'unhealthy');
  t.is(health('\u001b[2J'), null);
  t.is(health(undefined), null);
});

for (const [what, text] of [
  ['no JSON', 'nothing'],
  ['no list', '{"name":"in"}'],
  ['a name that is none', '[{"name":"../../etc","state":"RUNNING"}]'],
  ['a name that drives a terminal', '[{"name":"\\u001b[2J","state":"RUNNING"}]'],
  ['a state of its own', '[{"name":"in","state":"SLEEPY"}]'],
  ['parents that are none', '[{"name":"in","state":"STOPPED","parents":["a/b"]}]'],
  ['a row that is none', '[null]'],
] as const)
  test(`an answer with ${what} counts not at all`, (t) => t.is(readJson(text), null));

// As lxc-ls 5.0.2 prints them.
const HEADER =
  'NAME STATE   PID   RAM    SWAP   AUTOSTART GROUPS   INTERFACE IPV4               IPV6 UNPRIVILEGED ';

test("lxc-ls's table is read by its columns", (t) => {
  t.deepEqual(LXC_COLUMNS, HEADER.trim().split(/ +/));
  const rows = readTable(
    [
      HEADER,
      'c1   RUNNING 26266 1.50MB 0.00MB 1         web, own eth0, lo  10.0.3.7, 10.0.4.7 -    true         ',
      'c2   STOPPED -     -      -      0         -        -         -                  -    false        ',
      '',
    ].join('\n'),
  );
  t.like(rows?.[0], { name: 'c1', pid: 26266, ram: 1572864, swap: 0, autostart: true, unprivileged: true });
  t.deepEqual(rows?.[0]?.groups, ['web', 'own']);
  t.deepEqual(rows?.[0]?.ipv4, ['10.0.3.7', '10.0.4.7']);
  t.like(rows?.[1], { name: 'c2', state: 'STOPPED', pid: null, ram: null, autostart: false });
  t.deepEqual(rows?.[1]?.ipv4, []);
  t.deepEqual(readTable(''), []);
  t.is(readTable('usage: lxc-ls\n'), null);
});

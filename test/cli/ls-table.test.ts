import test from 'ava';
import { DEFAULT_COLUMNS, fancyTable, nameColumns, parseColumns, type Row } from '../../src/cli/ls-table.ts';

const stopped: Row = {
  name: 'b1',
  parents: [],
  state: 'STOPPED',
  pid: null,
  ram: null,
  swap: null,
  autostart: true,
  groups: ['web', 'onboot'],
  interfaces: [],
  ipv4: [],
  ipv6: [],
  unprivileged: false,
  rxBytes: null,
  txBytes: null,
  health: null,
  restart: null,
  diskBytes: null,
  diskLimitBytes: null,
};
const running: Row = {
  ...stopped,
  name: 'alpha',
  state: 'RUNNING',
  pid: 26266,
  ram: 580_000,
  swap: 0,
  autostart: false,
  groups: [],
  interfaces: ['eth0', 'lo'],
  ipv4: ['10.0.4.7', '10.0.5.7'],
  ipv6: ['fd42::7'],
  unprivileged: true,
  rxBytes: 5_000_000,
  txBytes: 0,
};

// The expected lines are lxc-ls's own (5.0.2) for equal containers.
test('the table has a header, cells as wide as the widest, and a blank after the last', (t) => {
  t.deepEqual(fancyTable([running, stopped], DEFAULT_COLUMNS), [
    'NAME  STATE   AUTOSTART GROUPS      IPV4               IPV6    UNPRIVILEGED ',
    'alpha RUNNING 0         -           10.0.4.7, 10.0.5.7 fd42::7 true         ',
    'b1    STOPPED 1         web, onboot -                  -       false        ',
  ]);
});

test('sizes are mebibytes and right-aligned, and absent where the container does not run', (t) => {
  const big = { ...running, ram: 13_380_000 };
  t.deepEqual(fancyTable([running, big, stopped], ['RAM', 'NAME', 'SWAP', 'PID', 'INTERFACE']), [
    'RAM     NAME  SWAP   PID   INTERFACE ',
    ' 0.55MB alpha 0.00MB 26266 eth0, lo  ',
    '12.76MB alpha 0.00MB 26266 eth0, lo  ',
    '-       b1    -      -     -         ',
  ]);
});

test('traffic, too', (t) => {
  t.deepEqual(fancyTable([running, stopped], ['NAME', 'RX', 'TX']), [
    'NAME  RX     TX     ',
    'alpha 4.77MB 0.00MB ',
    'b1    -      -      ',
  ]);
});

test('what the disk holds, where that is counted', (t) => {
  const counted = { ...running, diskBytes: 41_943_040, diskLimitBytes: 2 ** 31 };
  t.deepEqual(fancyTable([counted, stopped], ['NAME', 'DISK', 'DISKLIMIT']), [
    'NAME  DISK    DISKLIMIT ',
    'alpha 40.00MB 2048.00MB ',
    'b1    -       -         ',
  ]);
});

test('a name cannot drive the terminal', (t) => {
  t.deepEqual(fancyTable([{ ...stopped, groups: ['\u001b[2J'] }], ['GROUPS']), ['GROUPS  ', '\\x1b[2J ']);
});

test('columns are named in either case, in any order', (t) => {
  t.deepEqual(parseColumns(' state , NAME,Ipv4'), ['STATE', 'NAME', 'IPV4']);
  t.throws(() => parseColumns('name,bogus'), { message: 'Invalid key: bogus' });
});

const names = ['alpha', 'b1', 'longer-name-container'];

test('to a pipe each name is a line, padded to the longest', (t) => {
  t.deepEqual(nameColumns(names, 0), [
    'alpha                ',
    'b1                   ',
    'longer-name-container',
  ]);
});

test('a terminal gets as many columns as fit', (t) => {
  const two = ['alpha                 b1                   ', 'longer-name-container '];
  t.deepEqual(nameColumns(names, 42), nameColumns(names, 0));
  t.deepEqual(nameColumns(names, 43), two);
  t.deepEqual(nameColumns(names, 64), two);
  t.deepEqual(nameColumns(names, 65), ['alpha                 b1                    longer-name-container']);
});

test('no column is narrower than four', (t) => {
  t.deepEqual(nameColumns(['u1'], 0), ['u1  ']);
});

import test from 'ava';
import {
  parseArchitecture,
  parseElevation,
  parseEnvironment,
  parseId,
  parseNamespaces,
} from '../../src/cli/attach-options.ts';
import { FULL_ELEVATION, NO_ELEVATION } from '../../src/plan/attach.ts';

test('-u is decimal digits and nothing else', (t) => {
  for (const [text, id] of [
    ['0', 0],
    ['1000', 1000],
    ['0005', 5],
    ['4294967294', 4294967294],
  ] as const)
    t.is(parseId('-u', text), id);
  t.is(parseId('-u', undefined), 0);
  const refused = [
    '',
    ' 5',
    '5 ',
    '5:',
    '5:6',
    '0x0',
    '+1',
    '-1',
    '1e3',
    '4294967295',
    '4294967296',
    'nobody',
    'nobody\n',
    '5\n',
    '٣',
  ];
  for (const text of refused)
    t.throws(() => parseId('-u', text), { message: /-u takes a number/ }, JSON.stringify(text));
});

test('-e without an argument keeps everything, with one only what it names', (t) => {
  t.is(parseElevation(undefined), NO_ELEVATION);
  t.is(parseElevation(true), FULL_ELEVATION);
  t.deepEqual(parseElevation('CAP|LSM'), { cgroup: false, capabilities: true, lsm: true });
  for (const text of ['cap', 'CAP|', 'ALL', ''])
    t.throws(() => parseElevation(text), { message: /-e takes/ });
});

test('-s knows the long and the short names', (t) => {
  t.deepEqual(parseNamespaces('NETWORK|UTSNAME|MOUNT'), ['net', 'uts', 'mount']);
  t.deepEqual(parseNamespaces('net|mnt|cgroup'), ['net', 'mount', 'cgroup']);
  t.is(parseNamespaces(undefined), undefined);
  t.deepEqual(parseNamespaces('TIME'), ['time']);
  t.deepEqual(parseNamespaces('NET||UTS|net'), ['net', 'uts']);
  for (const text of ['FOO', '', '|', 'network', 'constructor'])
    t.throws(() => parseNamespaces(text), { message: /-s takes/ });
});

test('-a takes the names of lxc.arch', (t) => {
  t.is(parseArchitecture('i686'), 'linux32');
  t.is(parseArchitecture('amd64'), 'linux64');
  t.throws(() => parseArchitecture('z80'), { message: /-a z80/ });
});

test('-v wants VAR=VALUE; --keep-env and --clear-env exclude each other', (t) => {
  t.deepEqual(parseEnvironment({ setVar: ['A=', 'B=c=d'] }, {}).set, ['A=', 'B=c=d']);
  for (const wrong of ['A', '=x', ''])
    t.throws(() => parseEnvironment({ setVar: [wrong] }, {}), { message: /-v takes/ });
  t.throws(() => parseEnvironment({ keepEnv: true, clearEnv: true }, {}), { message: /exclude/ });
});

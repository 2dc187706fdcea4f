import test from 'ava';
import {
  attachEnvironment,
  DEFAULT_PATH,
  type EnvironmentPolicy,
} from '../../src/plan/attach-environment.ts';

const caller = { TERM: 'xterm', LANG: 'C.UTF-8', LC_ALL: 'C', HOME: '/home/me', SECRET: 'x', PATH: '/opt' };
const environment = (policy: Partial<EnvironmentPolicy>, container: readonly string[] = []) =>
  attachEnvironment(container, { base: 'clean', keep: [], set: [], caller, ...policy });

test('by default only terminal and locale come from the caller', (t) => {
  t.deepEqual(environment({}), [
    'TERM=xterm',
    'LANG=C.UTF-8',
    'LC_ALL=C',
    `PATH=${DEFAULT_PATH}`,
    'container=lxc',
  ]);
});

test('--keep-var adds to it', (t) => {
  t.true(environment({ keep: ['SECRET', 'ABSENT'] }).includes('SECRET=x'));
  t.false(environment({ keep: ['ABSENT'] }).some((each) => each.startsWith('ABSENT')));
});

test('--clear-env leaves what LXC leaves, and the variables kept by name', (t) => {
  t.deepEqual(environment({ base: 'clear' }), [`PATH=${DEFAULT_PATH}`, 'container=lxc']);
  t.deepEqual(environment({ base: 'clear', keep: ['PATH'] }), ['PATH=/opt', 'container=lxc']);
});

test('--keep-env keeps all', (t) => {
  t.deepEqual(environment({ base: 'keep' }), [
    ...Object.entries(caller).map(([name, value]) => `${name}=${value}`),
    'container=lxc',
  ]);
});

test('later sources win: the caller, the container, -v', (t) => {
  const result = environment({ base: 'keep', set: ['A=cli', 'EMPTY='] }, [
    'A=container',
    'HOME=/root',
    'B=b=c',
  ]);
  t.is(result.filter((each) => each.startsWith('A=')).join(), 'A=cli');
  t.true(['HOME=/root', 'B=b=c', 'EMPTY='].every((each) => result.includes(each)));
});

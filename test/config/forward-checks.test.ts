import test from 'ava';
import { checkTogether } from '../../src/config/checks.ts';
import { Settings } from '../../src/config/settings.ts';

/** What is wrong with two forwards together, of one interface each. */
function problems(first: string, second: string): string[] {
  const settings = new Settings({});
  const lines = [
    ['lxc.net.0.type', 'empty'],
    ['tlxc.net.0.forward', first],
    ['lxc.net.1.type', 'veth'],
    ['tlxc.net.1.forward', second],
  ] as const;
  lines.forEach(([key, value], line) =>
    settings.apply({ key, value, at: { file: '/c', line, key }, directory: '/' }),
  );
  checkTogether(settings);
  return settings.problems.map(String);
}

for (const [first, second] of [
  ['80 -> 1', '80 -> 2'],
  ['80 -> 1', '127.0.0.1:80 -> 2'],
  ['0.0.0.0:80 -> 1', '127.0.0.1:80 -> 2'],
  ['[::]:80 -> 1', '[::1]:80 -> 2'],
  ['70-80 -> 1-11', '80-90 -> 1-11'],
  ['unix:/a -> 1', 'unix:/a -> 2'],
] as const)
  test(`${first} and ${second} want the same`, (t) => {
    const [problem, ...others] = problems(first, second);
    t.regex(problem ?? '', /^\/c:3: .* is forwarded at \/c:1 already$/);
    t.deepEqual(others, []);
  });

for (const [first, second] of [
  ['tcp 80 -> 1', 'udp 80 -> 1'],
  ['127.0.0.1:80 -> 1', '127.0.0.2:80 -> 1'],
  ['0.0.0.0:80 -> 1', '[::]:80 -> 1'],
  ['70-80 -> 1-11', '81-90 -> 1-10'],
  ['unix:/a -> 1', 'unix:/b -> 1'],
] as const)
  test(`${first} and ${second} go together`, (t) => {
    t.deepEqual(problems(first, second), []);
  });

test('a container has no more ports than its monitor has descriptors for', (t) => {
  const settings = new Settings({});
  const add = (key: string, value: string): void =>
    settings.apply({ key, value, at: { file: '/c', line: 1, key }, directory: '/' });
  add('lxc.net.0.type', 'empty');
  for (const range of ['1-256', '257-512', '513']) add('tlxc.net.0.forward', `${range} -> ${range}`);
  checkTogether(settings);
  t.deepEqual(settings.problems.map(String), ['/c:1: 513 ports are forwarded; a container has at most 512']);
});

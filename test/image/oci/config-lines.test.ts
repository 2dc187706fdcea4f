import test from 'ava';
import { ConfigDocument } from '../../../src/config/document.ts';
import { splitCommand } from '../../../src/config/values/command.ts';
import { configLines } from '../../../src/image/oci/config-lines.ts';
import { parseImageConfig } from '../../../src/image/oci/image-config.ts';
import { resolveUser } from '../../../src/image/oci/image-user.ts';

const accounts = {
  passwd: 'root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1001::/srv:/bin/sh\nbroken\n7:x:70:71::/seven:\n',
  group: 'root:x:0:root\nweb:x:1001:\nlog:x:2000:other,web\nstaff:x:50:web\n',
};

function linesOf(config: Readonly<Record<string, unknown>>) {
  const text = JSON.stringify({ os: 'linux', architecture: 'amd64', config, rootfs: { diff_ids: [] } });
  const parsed = parseImageConfig(Buffer.from(text), 0, 'it');
  const { lines, remarks } = configLines(parsed, resolveUser(parsed.user, accounts, 'it'));
  const entries = ConfigDocument.parse(`${lines.join('\n')}\n`, 'config').entries();
  const valuesOf = (key: string) => entries.filter((entry) => entry.key === key).map(({ value }) => value);
  return { lines, remarks, entries, valuesOf };
}

for (const words of [
  ['/bin/sh', '-c', 'echo "$HOME" \'quoted\''],
  ['a b', 'c d'],
  ["it's", ''],
  ['/bin/x', '\\', '"', '#', ' '],
]) {
  test(`the command is read back word for word: ${JSON.stringify(words)}`, (t) => {
    const { valuesOf } = linesOf({ Entrypoint: words.slice(0, 1), Cmd: words.slice(1) });
    t.deepEqual(splitCommand(valuesOf('lxc.init.cmd')[0] ?? ''), words);
    t.deepEqual(valuesOf('lxc.execute.cmd'), valuesOf('lxc.init.cmd'));
  });
}

test('the environment is read back as it is; PATH and HOME are there as Docker has them', (t) => {
  const { valuesOf } = linesOf({ Cmd: ['x'], Env: ['A= b ', 'B="q"', 'C=', "D='x'"], User: 'web' });
  t.deepEqual(valuesOf('lxc.environment'), [
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ...['A= b ', 'B="q"', 'C=', "D='x'", 'HOME=/srv'],
  ]);
});

test('nothing in an image can become a line of its own', (t) => {
  const { lines, remarks, entries } = linesOf({
    ...{ Cmd: ['x', 'a\nlxc.hook.start-host = /evil'], Env: ['A=1\nlxc.idmap = ', 'lxc.b'], User: '0' },
    ...{ WorkingDir: '/a\nlxc.cap.keep = all', StopSignal: '9\nlxc.x = y' },
    Labels: { 'a\nlxc.hook.stop = /evil': 'b\r\nlxc.hook.mount = /evil' },
    ExposedPorts: { '80\nlxc.c = d': {} },
  });
  t.true(lines.every((line) => !/[\n\r]/.test(line)));
  t.deepEqual([...new Set(entries.map(({ key }) => key))].sort(), [
    'lxc.environment',
    'lxc.include',
    'lxc.signal.halt',
  ]);
  t.is(remarks.length, 5);
  t.true(remarks.every((line) => !/[\n\r]/.test(line)));
});

test('a command that is a text is one word, as Docker reads it; an empty one is none', (t) => {
  t.deepEqual(linesOf({ Cmd: '/bin/x' }).valuesOf('lxc.init.cmd'), ['/bin/x']);
  t.deepEqual(linesOf({ Entrypoint: '', Cmd: ['/bin/y', 'z'] }).valuesOf('lxc.init.cmd'), ['/bin/y z']);
  t.throws(() => linesOf({ Cmd: 7 }), { message: /Cmd in its configuration is no list of texts/ });
});

test('stop signals by name and number; an init that boots a system keeps its own', (t) => {
  const signal = (config: Readonly<Record<string, unknown>>) =>
    linesOf({ Cmd: ['x'], ...config }).valuesOf('lxc.signal.halt');
  t.deepEqual(signal({}), ['SIGTERM']);
  t.deepEqual(signal({ StopSignal: 'SIGQUIT' }), ['SIGQUIT']);
  t.deepEqual(signal({ StopSignal: 'int' }), ['SIGINT']);
  t.deepEqual(signal({ StopSignal: '15' }), ['15']);
  t.deepEqual(signal({ StopSignal: 'RTMIN+3' }), ['SIGRTMIN+3']);
  t.deepEqual(signal({ StopSignal: '64' }), ['64']);
  t.deepEqual(signal({ Cmd: ['/sbin/init'] }), []);
});

test('a stop signal that is none: the usual one, and a word about it', (t) => {
  for (const StopSignal of ['65', 'SIGFOO', '9\nlxc.x = y']) {
    const { remarks, valuesOf } = linesOf({ Cmd: ['x'], StopSignal });
    t.deepEqual(valuesOf('lxc.signal.halt'), ['SIGTERM']);
    t.deepEqual(remarks, [
      `The image's stop signal ${JSON.stringify(StopSignal)} is none: see lxc.signal.halt.`,
    ]);
  }
  t.deepEqual(linesOf({ Cmd: ['/sbin/init'], StopSignal: 'SIGFOO' }).valuesOf('lxc.signal.halt'), []);
});

test('a working directory that is relative begins at the root', (t) => {
  const cwd = (WorkingDir: string) => linesOf({ Cmd: ['x'], WorkingDir }).valuesOf('lxc.init.cwd');
  t.deepEqual(cwd('srv/app'), ['/srv/app']);
  t.deepEqual(cwd('../../srv'), ['/srv']);
  t.deepEqual(cwd(''), []);
});

test('how Docker asks whether it is well is how TLXC does', (t) => {
  const lines = (Healthcheck: unknown) => {
    const { lines: all } = linesOf({ Cmd: ['x'], Healthcheck });
    return all.filter((line) => line.startsWith('tlxc.health.'));
  };
  const times = { Interval: 5e9, Timeout: 1_500_000_000, StartPeriod: 1e18, Retries: 2 };
  t.deepEqual(lines({ Test: ['CMD', 'curl', '-f', 'a b'], ...times }), [
    "tlxc.health.command = curl -f 'a b'",
    'tlxc.health.interval = 5',
    'tlxc.health.timeout = 2',
    'tlxc.health.retries = 2',
    'tlxc.health.start-period = 86400',
  ]);
  const shell = { Test: ['CMD-SHELL', 'a || exit 1'], Interval: 0, Retries: -1, Timeout: '1s' };
  t.deepEqual(lines(shell), ['tlxc.health.command = a || exit 1']);
  t.deepEqual(lines({ Test: ['CMD-SHELL', 'a ||\nlxc.hook.stop = /evil'] }), []);
  t.regex(
    linesOf({ Cmd: ['x'], Healthcheck: { Test: ['CMD-SHELL', 'a\nb'] } }).remarks.join(),
    /health check cannot be written as one line/,
  );
  for (const Test of [['NONE'], ['CMD'], [], 'CMD', null, [7]]) t.deepEqual(lines({ Test }), []);
});

test('users and groups by name or number, as Docker finds them', (t) => {
  const user = (spec: string) => resolveUser(spec, accounts, 'it');
  t.deepEqual(user(''), { uid: 0, gid: 0, groups: [], home: '/root' });
  t.deepEqual(user('web'), { uid: 1000, gid: 1001, groups: [2000, 50], home: '/srv' });
  t.deepEqual(user('1000'), { uid: 1000, gid: 1001, groups: [2000, 50], home: '/srv' });
  t.deepEqual(user('web:log'), { uid: 1000, gid: 2000, groups: [], home: '/srv' });
  t.deepEqual(user('1234'), { uid: 1234, gid: 0, groups: [], home: '/' });
  t.deepEqual(user('1234:77'), { uid: 1234, gid: 77, groups: [], home: '/' });
  t.deepEqual(user('7'), { uid: 70, gid: 71, groups: [], home: '/seven' });
  t.throws(() => user('nobody-here'), {
    message: /user "nobody-here", whom its \/etc\/passwd does not have/,
  });
  t.throws(() => user('web:none'), { message: /group "none"/ });
  t.deepEqual(resolveUser('5', { passwd: '', group: '' }, 'it'), { uid: 5, gid: 0, groups: [], home: '/' });
});

test('a configuration that is not the manifest’s is refused', (t) => {
  const config = Buffer.from(JSON.stringify({ os: 'linux', rootfs: { diff_ids: [] } }));
  t.throws(() => parseImageConfig(config, 1, 'it'), {
    message: /1 layer, and its configuration digests of 0/,
  });
  t.throws(() => parseImageConfig(Buffer.from('{"os":"windows"}'), 0, 'it'), { message: /not for Linux/ });
});

import { join } from 'node:path';
import test from 'ava';
import { TlxcError } from '../../src/errors.ts';
import { readContainerConfig } from '../../src/config/load.ts';
import type { ProblemJson } from '../../src/problem.ts';
import { load, loadText, problemsOf, problemsOfText, scratch } from './scratch.ts';

const values = (list: readonly { readonly value: unknown }[]): readonly unknown[] =>
  list.map(({ value }) => value);

test('all problems are told at once, file by file, in the order of the lines', (t) => {
  const directory = scratch(t, {
    config: [
      'lxc.tty.mx = 4',
      'lxc.include = more',
      'lxc.autodev',
      'lxc.pty.max = many',
      'lxc.include = none',
    ].join('\n'),
    more: 'lxc.net.0.typ = veth\nlxc.ephemeral = x\n',
  });
  t.deepEqual(problemsOf(t, join(directory, 'config'), ['lxc.start.auto=maybe', 'bogus', 'colour=red']), [
    'config:1: lxc.tty.mx is not a known key (did you mean lxc.tty.max?)',
    'config:3: lxc.autodev: it must be KEY = VALUE',
    'config:4: lxc.pty.max = many: it must be a whole number from 0 to 1048576',
    'config:5: lxc.include = none: cannot be read: no such file',
    'more:1: lxc.net.0.typ is not a known key (did you mean lxc.net.0.type?)',
    'more:2: lxc.ephemeral = x: it must be 0 or 1',
    '-s: lxc.start.auto = maybe: it must be 0 or 1',
    '-s: bogus: it must be KEY=VAL',
    '-s: colour is not a known key',
  ]);
});

test('a problem has its column, its line, and what could stand there', (t) => {
  const text =
    'lxc.tty.mx = 4\n  lxc.cap.drop = "mknod sys_tim kill"\nlxc.autodev\nlxc.mount.fstab = fstab\n';
  const directory = scratch(t, { config: text, fstab: '\n a b\n' });
  const error = t.throws(() => load(join(directory, 'config'), ['lxc.start.auto = maybe']), {
    instanceOf: TlxcError,
  });
  const [key, value, line, override, fstab] = JSON.parse(
    JSON.stringify(error.details.problems),
  ) as ProblemJson[];
  t.like(key, {
    line: 1,
    column: 1,
    length: 10,
    nearest: 'lxc.tty.max',
    allowed: ['lxc.tty.max', 'lxc.tty.dir'],
  });
  t.like(value, {
    ...{ file: join(directory, 'config'), line: 2, column: 25, length: 7 },
    text: '  lxc.cap.drop = "mknod sys_tim kill"',
    ...{ key: 'lxc.cap.drop', value: 'mknod sys_tim kill' },
    ...{ message: 'sys_tim is not a capability', nearest: 'sys_time' },
  });
  t.like(line, { line: 3, column: 1, length: 11 });
  t.like(override, { file: '', line: 0, text: 'lxc.start.auto = maybe', length: 5 });
  t.like(fstab, { file: join(directory, 'fstab'), line: 2, column: 2, length: 3 });
});

test('what is good of a configuration is read, and what is missing of it is known', (t) => {
  const text =
    'lxc.bogus = 1\nlxc.net.0.tpye = veth\nlxc.net.0.name = eth0\nlxc.tty.max = four\nlxc.pty.max = 5\n';
  const configFile = join(scratch(t, { config: text }), 'config');
  const { config, mistakes } = readContainerConfig({
    name: 'c1',
    lxcpath: '/store',
    configFile,
    environment: {},
  });
  t.like(config, { ptyMax: 5, ttyMax: 0, networks: [] });
  t.deepEqual([...mistakes.lost], ['lxc.net.0.type', 'lxc.tty.max']);
  t.is(mistakes.problems.length, 3, 'that the interface has no type is nothing new');
});

test('of a configuration that lacks a file nothing is said but that', (t) => {
  const configFile = join(scratch(t, { config: 'lxc.include = none\nlxc.net.0.name = eth0\n' }), 'config');
  const request = { name: 'c1', lxcpath: '/store', configFile, environment: {} };
  const error = t.throws(() => readContainerConfig(request), { instanceOf: TlxcError });
  t.is(error.details.problems?.length, 1);
});

test('the error counts the problems and names the container', (t) => {
  const error = t.throws(() => loadText(t, 'lxc.a = 1\nlxc.b = 2\n'), { instanceOf: TlxcError });
  t.is(error.message, 'its configuration has 2 problems');
  t.is(error.details.container, 'c1');
});

test('a line of another language is passed over, and said', (t) => {
  const { ttyMax, warnings } = loadText(t, 'xlc.tty.max = 4\nlxc.tty.max = 5\nhello\n');
  t.is(ttyMax, 5);
  t.regex(
    warnings[0] ?? '',
    /config:1: xlc\.tty\.max = 4: this line is ignored.*\(did you mean lxc\.tty\.max\?\)$/,
  );
  t.regex(warnings[1] ?? '', /config:3: hello: this line is ignored.* or tlxc\.$/);
});

test('the last value of a scalar wins, lists add up, an empty value resets', (t) => {
  const config = loadText(
    t,
    'lxc.tty.max = 1\nlxc.tty.max = 2\nlxc.pty.max = 3\nlxc.pty.max =\nlxc.group = a b\nlxc.group = c\n' +
      'lxc.environment = A=1\nlxc.environment =\nlxc.environment = HOME\n',
  );
  t.is(config.ttyMax, 2);
  t.is(config.ptyMax, 0);
  t.deepEqual(config.groups, ['a', 'b', 'c']);
  t.deepEqual(values(config.environment), ['HOME=/root']);
});

test('nothing set is what LXC starts with', (t) => {
  const config = loadText(t, '');
  t.like(config, {
    autodev: true,
    ttyMax: 0,
    ttyDir: '',
    ptyMax: 0,
    capKeep: null,
    hookVersion: 0,
    noNewPrivs: false,
  });
  t.deepEqual(config.networks, []);
  t.is(config.rootfs.path, undefined);
});

test('an empty lxc.cap.keep empties lxc.cap.drop, and the other way round', (t) => {
  const dropped = loadText(t, 'lxc.cap.drop = mknod\nlxc.cap.keep =\nlxc.cap.keep = kill\n');
  t.deepEqual(values(dropped.capDrop), []);
  t.deepEqual(values(dropped.capKeep ?? []), ['kill']);
  const kept = loadText(t, 'lxc.cap.keep = kill\nlxc.cap.drop =\n');
  t.is(kept.capKeep, null);
  t.deepEqual(loadText(t, 'lxc.cap.keep = kill\nlxc.cap.keep = none\n').capKeep, []);
});

test('groups of keys are reset by their common name', (t) => {
  const net = 'lxc.net.0.type = veth\nlxc.net.0.link = br0\nlxc.net.1.type = empty\n';
  const indexes = (text: string): readonly number[] => loadText(t, text).networks.map(({ index }) => index);
  t.deepEqual(indexes(net), [0, 1]);
  t.deepEqual(indexes(`${net}lxc.net.0 =\n`), [1]);
  t.deepEqual(indexes(`${net}lxc.net =\nlxc.net.7.type = veth\n`), [7]);
  const hooks = 'lxc.hook.version = 1\nlxc.hook.start = /a\nlxc.hook.stop = /b\n';
  t.is(loadText(t, hooks).hooks.length, 2);
  t.like(loadText(t, `${hooks}lxc.hook =\n`), { hooks: [], hookVersion: 1 });
  const cgroup = 'lxc.cgroup2.memory.max = 1G\nlxc.cgroup2.pids.max = 5\nlxc.cgroup2.memory.max =\n';
  t.deepEqual(values(loadText(t, cgroup).cgroup2), [{ file: 'pids.max', value: '5' }]);
  t.deepEqual(loadText(t, `${cgroup}lxc.cgroup2 =\n`).cgroup2, []);
  t.is(problemsOfText(t, 'lxc.net = veth\nlxc.hook = /a\nlxc.cgroup = 1\n').length, 3);
});

test('an interface keeps what belongs to its type only as long as the type', (t) => {
  t.is(loadText(t, 'lxc.net.0.type = veth\nlxc.net.0.veth.pair = v0\n').networks[0]?.veth.pair?.value, 'v0');
  const again = 'lxc.net.0.type = veth\nlxc.net.0.veth.pair = v0\nlxc.net.0.type = veth\n';
  t.is(loadText(t, again).networks[0]?.veth.pair, undefined);
  t.deepEqual(problemsOfText(t, 'lxc.net.0.veth.pair = v0\nlxc.net.0.type = veth\n'), [
    'config:1: lxc.net.0.veth.pair = v0: lxc.net.0.type = veth must be set before it',
  ]);
});

test('the type of an interface begins it: what stands above is refused, or forgotten with an earlier type', (t) => {
  const again =
    'lxc.net.0.type = veth\nlxc.net.0.link = br0\nlxc.net.0.ipv4.address = 10.0.0.1/24\nlxc.net.0.type = macvlan\n';
  t.like(loadText(t, again).networks[0], { link: undefined, ipv4: [] });
  t.deepEqual(problemsOfText(t, 'lxc.net.0.link = br0\nlxc.net.0.type = veth\n'), [
    'config:1: lxc.net.0.link must stand below lxc.net.0.type, which begins the interface at config:2',
  ]);
});

test('the broadcast address is computed where it is not written', (t) => {
  const text =
    'lxc.net.0.type = veth\nlxc.net.0.ipv4.address = 10.0.4.130/25\nlxc.net.0.ipv4.address = 10.1.2.3 10.9.9.9\n';
  t.deepEqual(values(loadText(t, text).networks[0]?.ipv4 ?? []), [
    { address: '10.0.4.130', prefix: 25, broadcast: '10.0.4.255' },
    { address: '10.1.2.3', prefix: 8, broadcast: '10.9.9.9' },
  ]);
});

test('a hardware address that was never drawn is the same on every start', (t) => {
  const text =
    'lxc.net.0.type = veth\nlxc.net.0.hwaddr = xx:16:3e:xX:xx:01\nlxc.net.1.type = veth\nlxc.net.1.hwaddr = xx:16:3e:xX:xx:01\n';
  const [first, second] = [loadText(t, text), loadText(t, text)].map(({ networks }) =>
    networks.map(({ hwaddr }) => hwaddr?.value ?? ''),
  );
  t.deepEqual(first, second);
  t.regex(first?.[0] ?? '', /^[0-9a-f][02468ace]:16:3e:[0-9a-f]{2}:[0-9a-f]{2}:01$/);
  t.not(first?.[0], first?.[1]);
});

test('the mounts of a file named by lxc.mount.fstab are read, after those of the profile', (t) => {
  const directory = scratch(t, {
    config:
      'lxc.mount.fstab = fstab\ntlxc.mount.base = tmpfs run tmpfs mode=755 0 0\nlxc.mount.entry = /a\\040b c none bind 0 0\n',
    fstab: '# comment\n\n/dev/x  mnt ext4 ro,noatime 0 2\n',
  });
  const config = load(join(directory, 'config'));
  t.deepEqual(values(config.fstabEntries), [
    { source: 'tmpfs', target: 'run', fstype: 'tmpfs', options: ['mode=755'] },
    { source: '/dev/x', target: 'mnt', fstype: 'ext4', options: ['ro', 'noatime'] },
  ]);
  t.deepEqual(values(config.mountEntries), [
    { source: '/a b', target: 'c', fstype: 'none', options: ['bind'] },
  ]);
  t.like(config.fstabEntries[1]?.at, { file: join(directory, 'fstab'), line: 3 });
  t.is(config.inputs.length, 2);
});

test('a broken fstab is told with its own line', (t) => {
  const directory = scratch(t, {
    config: 'lxc.mount.fstab = fstab\n',
    fstab: 'one\n',
    other: 'lxc.mount.fstab = gone\n',
  });
  t.deepEqual(problemsOf(t, join(directory, 'config')), [
    'fstab:1: one: it must be SOURCE TARGET TYPE OPTIONS, as a line of fstab(5)',
  ]);
  t.deepEqual(problemsOf(t, join(directory, 'other')), [
    'other:1: lxc.mount.fstab: gone: cannot be read: no such file',
  ]);
});

test('settings that contradict each other are told with both lines', (t) => {
  const contradictions: readonly (readonly [text: string, problem: RegExp])[] = [
    [
      'lxc.cap.keep = kill\nlxc.cap.drop = mknod\n',
      /^config:2: lxc\.cap\.drop and lxc\.cap\.keep .* config:1 /,
    ],
    ['lxc.cgroup.dir = a\nlxc.cgroup.dir.container = b\n', /^config:1: lxc\.cgroup\.dir excludes/],
    ['lxc.cgroup.dir.container = b\n', /^config:1: .*needs lxc\.cgroup\.dir\.monitor/],
    ['lxc.idmap = u 0 1000 5\n', /^config:1: lxc\.idmap maps no gids/],
    [
      'lxc.idmap = u 0 1000 5\nlxc.idmap = g 0 1000 5\nlxc.idmap = u 9 1004 5\n',
      /^config:3: lxc\.idmap maps ids that config:1 maps already/,
    ],
    ['lxc.net.4.link = br0\n', /^config:1: lxc\.net\.4 has no type/],
    [
      'lxc.net.0.type = veth\nlxc.net.0.name = a\nlxc.net.1.type = veth\nlxc.net.1.name = a\n',
      /^config:4: lxc\.net\.1\.name = a: another interface is called a inside already, at .*config:2$/,
    ],
    [
      'lxc.net.0.type = veth\nlxc.net.0.veth.pair = a\nlxc.net.1.type = veth\nlxc.net.1.veth.pair = a\n',
      /^config:4: .* is called a on the host already/,
    ],
    [
      'lxc.mount.entry = /a ../b none bind\n',
      /^config:1: lxc\.mount\.entry: \.\.\/b leads out of the root filesystem$/,
    ],
    ['tlxc.mount.base = /a b/../../c none bind\n', /^config:1: tlxc\.mount\.base: .* leads out/],
    ['lxc.net.0.type = none\nlxc.net.1.type = veth\n', /^config:1: type none shares/],
  ];
  for (const [text, problem] of contradictions) {
    const problems = problemsOfText(t, text);
    t.is(problems.length, 1, text);
    t.regex(problems[0] ?? '', problem);
  }
});

test('-s comes last and has no line', (t) => {
  const file = join(scratch(t, { config: 'lxc.tty.max = 1\nlxc.uts.name = a\n' }), 'config');
  const config = load(file, ['lxc.tty.max=2', 'lxc.uts.name = b']);
  t.is(config.ttyMax, 2);
  t.deepEqual(config.utsName, { value: 'b', at: { file: '', line: 0, key: 'lxc.uts.name' } });
});

test('an interface of a type of TLXC’s is in the place of veth alone', (t) => {
  const own = 'tlxc.net.0.type = passt\n';
  const typeOf = (text: string) => {
    const { networks, warnings } = loadText(t, text);
    return [networks[0]?.type.value, ...warnings.map((warning) => warning.replace(/^.*config:/, ''))];
  };
  t.deepEqual(typeOf(`lxc.net.0.type = veth\n${own}`), ['passt']);
  t.deepEqual(typeOf(own), ['passt']);
  t.deepEqual(typeOf(`${own}lxc.net.0.type = empty\n`), [
    'empty',
    '1: tlxc.net.0.type does nothing where lxc.net.0.type is empty',
  ]);
});

/** What somebody writes into an export of Incus to have more of this host than a container should. */
import test from 'ava';
import { readIncus } from '../../../src/container/import/incus.ts';

const read = (devices: object, config: object = {}) =>
  readIncus(
    JSON.stringify({
      name: 'c1',
      config: { container: { expanded_config: config, expanded_devices: devices } },
    }),
    'c1.tar',
  );

const linesOf = (devices: object): readonly string[] =>
  read(devices).devices.flatMap(({ lines }) => lines.map(([key, value]) => `${key} = ${value}`));

test('a place in the container is one word, whatever blanks it has', (t) => {
  const disk = (path: string) => linesOf({ d: { type: 'disk', source: 'tmpfs:', path } });
  t.deepEqual(disk('/a b'), ['lxc.mount.entry = tmpfs a\\040b tmpfs create=dir 0 0']);
  t.deepEqual(disk('/x none bind 0 0\nlxc.hook.start = /x'), [
    'lxc.mount.entry = tmpfs x\\040none\\040bind\\0400\\0400\\012lxc.hook.start\\040=\\040/x tmpfs create=dir 0 0',
  ]);
  t.deepEqual(disk('/a\u2028\u00a0b'), ['lxc.mount.entry = tmpfs a\u2028\u00a0b tmpfs create=dir 0 0']);
});

test('one that leads out is left out and told, and the container is there all the same', (t) => {
  const [device] = read({ d: { type: 'disk', source: 'tmpfs:', path: '/a/../../etc' } }).devices;
  t.deepEqual(device?.lines, []);
  t.regex(device?.why ?? '', /lead out of the container/);
});

test('no setting or device makes a second line, or one that no file can hold', (t) => {
  const evil = 'x\nlxc.hook.pre-start = /bin/x';
  const config = {
    'environment.A': evil,
    'environment.B': 'a\0b',
    'limits.memory': `1${evil}`,
    'boot.autostart': `true${evil}`,
    'raw.lxc': 'lxc.hook.pre-start = /bin/x',
  };
  t.deepEqual(read({}, config).lines, []);
  const devices = {
    node: { type: 'unix-char', source: '/dev/null', path: `/dev/${evil}` },
    proxy: { type: 'proxy', listen: 'tcp:0.0.0.0:22', connect: `unix:/${evil}` },
    odd: { type: '__proto__' },
  };
  t.deepEqual(linesOf(devices), []);
});

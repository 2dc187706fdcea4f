import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { loadSystemConfig, setSystemSetting, systemConfigFile } from '../../src/config/system.ts';
import { TlxcError } from '../../src/errors.ts';
import { packageRoot } from '../../src/package-root.ts';
import { scratch } from './scratch.ts';

const root = process.getuid?.() === 0;

test('without a file the defaults are in force', (t) => {
  const home = scratch(t, {});
  const config = loadSystemConfig({
    HOME: home,
    TLXC_CONF: join(scratch(t, { 'tlxc.conf': '' }), 'tlxc.conf'),
  });
  t.is(config.lxcpath, root ? '/var/lib/tlxc' : join(home, '.local/share/tlxc'));
  t.is(config.runDir, root ? '/run/tlxc' : join(home, '.cache/tlxc/run/tlxc'));
  t.deepEqual(config.imageServers, ['https://images.linuxcontainers.org']);
  t.is(config.settings['tlxc.bridge.name'], 'tlxcbr0');
  if (!existsSync('/etc/tlxc/default.conf'))
    t.is(config.defaultConfig, join(packageRoot, 'config/default.conf'));
});

test('TLXC_CONF moves everything, and must exist', (t) => {
  const directory = scratch(t, {
    'tlxc.conf':
      'lxc.lxcpath = /srv/ct/\nlxc.cgroup.use = memory,name=systemd\n# x\n[tlxc.bridge]\nnat = 0\n',
  });
  const config = loadSystemConfig({ TLXC_CONF: join(directory, 'tlxc.conf') });
  t.is(config.lxcpath, '/srv/ct');
  t.deepEqual(config.cgroupUse, ['memory', 'name=systemd']);
  t.is(config.settings['tlxc.bridge.nat'], '0');
  t.throws(() => loadSystemConfig({ TLXC_CONF: join(directory, 'gone') }), { message: /no such file/ });
});

test('every wrong setting is told with its line', (t) => {
  const file = join(
    scratch(t, {
      'tlxc.conf':
        '; comment\nlxc.lxcpth = /x\nlxc.lxcpath = x\nlxc.bdev.zfs.root = /tank\n\n[tlxc.bridge]\nipv4 = 10.0.4.1\nmac = 11:22:33:44:55:66\n',
    }),
    'tlxc.conf',
  );
  const error = t.throws(() => loadSystemConfig({ TLXC_CONF: file }), { instanceOf: TlxcError });
  t.deepEqual(
    error.details.problems?.map((problem) => String(problem).slice(file.length - 'tlxc.conf'.length)),
    [
      'tlxc.conf:2:1: lxc.lxcpth is not a setting (did you mean lxc.lxcpath?)',
      'tlxc.conf:3:15: lxc.lxcpath = x: it must be an absolute path',
      'tlxc.conf:4:21: lxc.bdev.zfs.root = /tank: it must be the name of a dataset',
      'tlxc.conf:7:8: tlxc.bridge.ipv4 = 10.0.4.1: it must be ADDRESS/PREFIX or auto or none',
      'tlxc.conf:8:7: tlxc.bridge.mac = 11:22:33:44:55:66: it must be a unicast MAC address or auto',
    ],
  );
});

test('setting a value changes its line and nothing else', (t) => {
  const before = '# mine\nlxc.lxcpath=/a\n\n[tlxc.bridge]\n; quiet\nnat = 1\n';
  const file = join(scratch(t, { 'tlxc.conf': before }), 'tlxc.conf');
  const env = { TLXC_CONF: file };
  t.is(setSystemSetting(env, 'lxc.lxcpath', '/b; c'), file);
  setSystemSetting(env, 'tlxc.bridge.nat', '0');
  setSystemSetting(env, 'tlxc.rundir', '/run/x');
  t.is(
    readFileSync(file, 'utf8'),
    '# mine\nlxc.lxcpath = /b\\; c\n\ntlxc.rundir = /run/x\n[tlxc.bridge]\n; quiet\nnat = 0\n',
  );
  const config = loadSystemConfig(env);
  t.like(config, { lxcpath: '/b; c', runDir: '/run/x' });
  t.is(config.settings['tlxc.bridge.nat'], '0');
});

test('setting makes the file that is missing, and refuses what could not be read back', (t) => {
  const env = { TLXC_CONF: join(scratch(t, {}), 'etc/tlxc.conf') };
  t.throws(() => setSystemSetting(env, 'lxc.lxcpath', 'relative'), { instanceOf: TlxcError });
  t.throws(() => setSystemSetting(env, 'lxc.bogus', 'x'), { message: 'lxc.bogus is not a setting' });
  t.throws(() => setSystemSetting(env, 'lxc.lxcpath', '/a\nb = c'), { message: /one line/ });
  t.false(existsSync(systemConfigFile(env)));
  setSystemSetting(env, 'tlxc.image.server', 'http://[::1]:8080');
  t.throws(() => setSystemSetting(env, 'tlxc.image.server', 'https://ann:secret@host'), {
    message: /without a user and a password/,
  });
  t.deepEqual(loadSystemConfig(env).imageServers, ['http://[::1]:8080']);
});

/** The published JSON Schema of a configuration: current, and right of what it takes and refuses. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import test from 'ava';
import { containerSchemaText } from '../../.ci/config-schema.ts';
import { ConfigDocument } from '../../src/config/document.ts';
import { packageRoot } from '../../src/package-root.ts';

const published = readFileSync(join(packageRoot, 'config/tlxc.container.schema.json'), 'utf8');
const validate = new Ajv().compile(JSON.parse(published) as object);
const fits = (value: unknown): boolean => validate(value) as boolean;

/** A configuration file as the schema speaks of it. */
function asJson(text: string): Record<string, unknown> {
  const document = ConfigDocument.parse(text, 'config');
  const keys = new Set(document.entries().map(({ key }) => key));
  return Object.fromEntries(
    [...keys].map((key) => {
      const values = document.values(key);
      return [key, values.length === 1 ? values[0] : values];
    }),
  );
}

test('it is as the registry is: npm run build:manual', (t) => {
  t.is(published, containerSchemaText());
});

test('every configuration that is shipped fits', (t) => {
  const directory = join(packageRoot, 'config');
  for (const name of readdirSync(directory).filter((file) => file.endsWith('.conf'))) {
    t.true(
      fits(asJson(readFileSync(join(directory, name), 'utf8'))),
      `${name}: ${JSON.stringify(validate.errors)}`,
    );
  }
});

test('a configuration with one of everything fits', (t) => {
  const text = `lxc.include = /usr/share/tlxc/config/common.conf
lxc.uts.name = web
lxc.rootfs.path = overlay:/a:/b
lxc.idmap = u 0 100000 65536
lxc.idmap = g 0 100000 65536
lxc.net.0.type = veth
lxc.net.0.hwaddr = 10:66:6a:xx:xx:xx
lxc.net.0.ipv4.address = 10.0.3.5/24 10.0.3.255
lxc.net.0.ipv4.gateway = auto
lxc.cgroup2.memory.max = 1G
lxc.cgroup.devices.allow = c 1:3 rwm
lxc.cgroup.dir = a/b
lxc.mount.auto = proc:mixed sys:ro cgroup:rw:force
lxc.signal.halt = sigrtmin+3
lxc.log.level = debug
lxc.cap.drop = mknod 63
lxc.hook.start =
lxc.net =
`;
  t.true(fits(asJson(text)), JSON.stringify(validate.errors));
  t.true(fits({ 'lxc.tty.max': 4, 'lxc.start.order': '-3', 'lxc.net.7.mtu': 1500, 'lxc.autodev': '' }));
});

test('what is no key, or no value of it, does not fit', (t) => {
  const wrong: readonly Record<string, unknown>[] = [
    { 'lxc.tty.mx': '4' },
    { 'lxc.net.0.bogus': 'x' },
    { 'lxc.cgroup.dir.bogus': 'x', 'lxc.bogus': '' },
    { 'lxc.autodev': 'yes' },
    { 'lxc.tty.max': 'four' },
    { 'lxc.tty.max': 4.5 },
    { 'lxc.tty.max': -1 },
    { 'lxc.uts.name': 'a/b' },
    { 'lxc.uts.name': ['a', 'b'] },
    { 'lxc.idmap': ['u 0 100000 65536', 'x 0 100000 65536'] },
    { 'lxc.net.0.type': 'bogus' },
    { 'lxc.net.0.hwaddr': 'zz:66:6a:00:00:00' },
    { 'lxc.mount.auto': 'proc:mixed bogus' },
    { 'lxc.cap.drop': 'bogus' },
    { 'lxc.log.level': 'loud' },
    { 'lxc.net': 'veth' },
    { 'lxc.hook.version': 2 },
  ];
  for (const sample of wrong) t.false(fits(sample), JSON.stringify(sample));
});

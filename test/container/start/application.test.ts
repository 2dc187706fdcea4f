import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { applicationSetup } from '../../../src/container/start/application.ts';
import { loadSystemConfig } from '../../../src/config/system.ts';

const directory = mkdtempSync(join(tmpdir(), 'tlxc-application-'));
const conf = join(directory, 'tlxc.conf');
writeFileSync(conf, '');
const system = loadSystemConfig({ TLXC_CONF: conf });
rmSync(directory, { recursive: true });

const net = (index: number, ...lines: readonly string[]) => lines.map((line) => `lxc.net.${index}.${line}`);
const setup = (network: readonly string[], user = false) =>
  applicationSetup({ dir: '/lxc/c1', network, system, user });
const textOf = (files: ReturnType<typeof setup>['files'], path: string) =>
  files.find((file) => file.path === path)?.text ?? '';

test('on the bridge it has the address that DHCP would give, and asks the bridge for names', (t) => {
  const { network, files, unaddressed } = setup(net(0, 'type = veth', 'link = tlxcbr0', 'flags = up'));
  t.true(network.includes('tlxc.net.0.ipv4.static = 1'));
  t.is(textOf(files, '/etc/resolv.conf'), 'nameserver 10.0.4.1\nsearch tlxc\n');
  t.notRegex(textOf(files, '/etc/hosts'), /LXC_NAME/);
  t.deepEqual(unaddressed, []);
});

test('elsewhere nobody gives it one, and it is told', (t) => {
  const { network, files, unaddressed } = setup(net(3, 'type = macvlan', 'link = eth0', 'flags = up'));
  t.deepEqual(network, ['lxc.sysctl.net.ipv4.ip_unprivileged_port_start = 0']);
  t.regex(textOf(files, '/etc/hosts'), /^127\.0\.1\.1\tLXC_NAME$/m);
  t.deepEqual(unaddressed, ['3']);
  const bridged = net(0, 'type = veth', 'link = tlxcbr0', 'flags = up');
  t.deepEqual(setup(bridged, true).unaddressed, ['0']);
});

test('an address of its own stays; without a network of its own nothing is set', (t) => {
  const own = net(0, 'type = veth', 'link = tlxcbr0', 'flags = up', 'ipv4.address = 10.0.4.9/24');
  t.false(setup(own).network.some((line) => line.includes('static')));
  t.deepEqual(setup(own).unaddressed, []);
  t.deepEqual(setup(net(0, 'type = none')).network, []);
  t.deepEqual(setup([]).network, []);
});

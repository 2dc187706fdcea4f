/** What tlxc.net.N.type = passt becomes, and what it takes of the host. */
import test from 'ava';
import type { UserFacts } from '../../src/host/facts.ts';
import { whyNoPasst } from '../../src/host/passt.ts';
import { linkLocalInterface } from '../../src/host/user.ts';
import { compileInterfaces } from '../../src/plan/network.ts';
import { compilation, network, v2Host } from './sample.ts';

const ann = { name: 'ann', passt: '/usr/bin/passt', tun: 'open', linkLocal: 'eth0' } as UserFacts;
const passt = network('passt');

function compiled(user: Partial<UserFacts> | null, ipv6 = true) {
  const host = { ...v2Host, ipv6, uid: 4711, user: user && { ...ann, ...user } };
  const made = compilation({ config: { networks: [passt] }, host });
  const [first] = compileInterfaces(made);
  return { first, problems: made.findings.problems.map(({ details }) => details.message) };
}

test('passt gets all addresses, no port, and nothing of loopback', (t) => {
  const { first, problems } = compiled({});
  t.deepEqual(problems, []);
  t.like(first, { up: true, ipv4Gateway: { value: '10.0.2.2' }, ipv6Gateway: { value: 'fe80::1' } });
  const words = first?.device.op === 'passt' ? first.device.arguments.join(' ') : '';
  for (const part of ['--no-map-gw', '--tcp-ports none', '--udp-ports none', '--interface eth0'])
    t.true(words.includes(part), part);
  t.regex(
    words,
    /--address 10\.0\.2\.15 --netmask 24 --gateway 10\.0\.2\.2 .*--address fd00:.* --gateway fe80::1/,
  );
});

test('a host without IPv6 has a container without', (t) => {
  const { first } = compiled({}, false);
  t.deepEqual([first?.ipv6, first?.ipv6Gateway.value], [[], '']);
  t.is(first?.device.op === 'passt' ? first.device.arguments.at(-1) : '', '--ipv4-only');
});

test('what is missing is told with what mends it', (t) => {
  t.regex(
    compiled(null).problems[0] ?? '',
    /^tlxc\.net\.0\.type = passt: it is for containers of plain users/,
  );
  t.regex(compiled({ passt: '' }).problems[0] ?? '', /passt is not installed; mend: apt-get install passt/);
  t.is(whyNoPasst({ ...ann, tun: 'absent' })?.found, '/dev/net/tun is not there');
  t.is(whyNoPasst(ann), null);
});

test('the interface with a link-local address is that of the default route, before others', (t) => {
  const line = (address: string, scope: string, name: string) => `${address} 02 40 ${scope} 80 ${name}\n`;
  const addresses =
    line('fe80'.padEnd(32, '0'), '20', 'docker0') +
    line('2001'.padEnd(32, '0'), '00', 'eth1') +
    line('fe80'.padEnd(32, '1'), '20', 'eth1');
  const zero = '0'.repeat(32);
  const way = `${zero} 00 ${zero} 00 ${'fe80'.padEnd(32, '0')} 00000400 1 0 00000003     eth1\n`;
  t.is(linkLocalInterface(addresses, way), 'eth1');
  t.is(linkLocalInterface(addresses, ''), 'docker0');
  t.is(linkLocalInterface('', way), 'lo');
});

import test from 'ava';
import {
  dhcpRange,
  freeAddress,
  networkOf,
  overlaps,
  parseAddress,
  rangeSize,
} from '../../src/network/ipv4.ts';
import { parseLeases } from '../../src/network/dnsmasq.ts';
import { ruleset } from '../../src/network/firewall.ts';
import { bridgeSettings, uniqueLocalAddress } from '../../src/network/settings.ts';
import type { SystemConfig } from '../../src/config/model.ts';

const system = (changes: Readonly<Record<string, string>> = {}): SystemConfig => {
  const settings = {
    ...{
      name: 'br0',
      mac: 'auto',
      ipv4: '10.0.4.1/24',
      ipv6: 'auto',
      'dhcp.range': 'auto',
      domain: '',
      nat: '1',
    },
    ...changes,
  };
  const named = Object.entries(settings).map(([name, value]) => [`tlxc.bridge.${name}`, value] as const);
  return { settings: Object.fromEntries(named) } as unknown as SystemConfig;
};

test('the DHCP range is the network without its ends and the bridge', (t) => {
  t.deepEqual(dhcpRange({ address: '10.0.4.1', prefix: 24 }), ['10.0.4.2', '10.0.4.254']);
  t.deepEqual(dhcpRange({ address: '10.0.4.254', prefix: 24 }), ['10.0.4.1', '10.0.4.253']);
  t.deepEqual(dhcpRange({ address: '192.168.255.130', prefix: 25 }), ['192.168.255.129', '192.168.255.254']);
  t.is(rangeSize(['10.0.4.2', '10.0.4.254']), 253);
  t.is(networkOf({ address: '172.31.77.9', prefix: 12 }), '172.16.0.0/12');
});

test('networks overlap when one holds the other', (t) => {
  t.true(overlaps({ address: '10.0.4.1', prefix: 24 }, { address: '10.9.9.9', prefix: 8 }));
  t.true(overlaps({ address: '10.9.9.9', prefix: 8 }, { address: '10.0.4.1', prefix: 24 }));
  t.false(overlaps({ address: '10.0.4.1', prefix: 24 }, { address: '10.0.5.1', prefix: 24 }));
  t.false(overlaps({ address: '200.0.4.1', prefix: 24 }, { address: '10.0.5.1', prefix: 24 }));
});

test('the IPv6 network is unique local, and always the same on one machine', (t) => {
  const { address, prefix } = uniqueLocalAddress('3d1219c7c4c5404aaa1f6d2a48adfda4');
  t.regex(address, /^fd[0-9a-f]{2}:[0-9a-f]{1,4}:[0-9a-f]{1,4}::1$/);
  t.is(prefix, 64);
  t.is(uniqueLocalAddress('3d1219c7c4c5404aaa1f6d2a48adfda4').address, address);
  t.not(uniqueLocalAddress('another').address, address);
});

test('settings as written, IPv6 as the kernel shows it', (t) => {
  const settings = bridgeSettings(
    system({
      mac: '02:00:00:00:00:01',
      ipv6: 'FD00:0:0::0001/64',
      'dhcp.range': '10.0.4.100,10.0.4.110',
      nat: '0',
    }),
  );
  t.deepEqual(settings, {
    name: 'br0',
    mac: '02:00:00:00:00:01',
    ipv4: { address: '10.0.4.1', prefix: 24, network: '10.0.4.0/24', range: ['10.0.4.100', '10.0.4.110'] },
    ipv6: { address: 'fd00::1', prefix: 64 },
    domain: '',
    nat: false,
    hostNames: false,
  });
});

test('one protocol or both may be left out', (t) => {
  const settings = bridgeSettings(system({ ipv4: 'none', ipv6: 'none' }));
  t.is(settings.ipv4, null);
  t.is(settings.ipv6, null);
  t.notRegex(ruleset(settings), /masquerade/);
});

test('without NAT the rules let packets pass and change none', (t) => {
  t.regex(
    ruleset(bridgeSettings(system())),
    /ip saddr 10\.0\.4\.0\/24 ip daddr != 10\.0\.4\.0\/24 masquerade/,
  );
  const plain = ruleset(bridgeSettings(system({ nat: '0' })));
  t.notRegex(plain, /masquerade/);
  t.regex(plain, /iifname "br0" accept/);
});

test('leases of both kinds in one file', (t) => {
  const text = [
    '1790000000 10:66:6a:01:02:03 10.0.4.17 u1 ff:12:34',
    '1790000001 10:66:6a:01:02:04 10.0.4.18 * *',
    'duid 00:01:00:01',
    '1790000002 1234 fd00::17 u1 00:02',
    '',
  ].join('\n');
  t.deepEqual(parseLeases(text), [
    { expires: 1790000000, mac: '10:66:6a:01:02:03', address: '10.0.4.17', hostname: 'u1' },
    { expires: 1790000001, mac: '10:66:6a:01:02:04', address: '10.0.4.18', hostname: '' },
  ]);
});

test('the network that is offered is free', (t) => {
  t.is(freeAddress([{ address: '10.0.4.1', prefix: 24 }]), '10.0.5.1/24');
  t.is(freeAddress([{ address: '10.0.0.7', prefix: 13 }]), '10.73.5.1/24');
  const usual = ['10.0.0.1/8', '172.22.5.3/24'].map((text) => parseAddress(text));
  t.is(freeAddress(usual), '172.22.66.1/24');
  t.is(freeAddress([{ address: '1.2.3.4', prefix: 0 }]), '');
});

import test from 'ava';
import type { NetworkConfig } from '../../src/config/model.ts';
import { compileInterfaces } from '../../src/plan/network.ts';
import type { Interface } from '../../src/plan/types.ts';
import { compilation, FILE, network, written } from './sample.ts';

interface Compiled {
  readonly interfaces: readonly Interface[];
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

function compile(...networks: NetworkConfig[]): Compiled {
  const made = compilation({ config: { networks } });
  const interfaces = compileInterfaces(made);
  const problems = made.findings.problems.map(String);
  return { interfaces, problems, warnings: made.findings.warnings };
}

const address = (text: string, prefix: number) => written({ address: text, prefix, broadcast: '' });
const up = { flagsUp: written(true) };
const link = { link: written('br0', 'lxc.net.0.link') };
const veth = network('veth').veth;

test('each setting has its own line; what is not set has that of the type', (t) => {
  const config = network('veth', { ...link, hwaddr: written('10:66:6a:00:00:01', 'lxc.net.0.hwaddr') });
  const [made] = compile(config).interfaces;
  const type = { file: FILE, line: config.type.at.line, key: 'lxc.net.0.type' };
  t.like(made, {
    link: { value: 'br0', origin: { file: FILE, line: link.link.at.line, key: 'lxc.net.0.link' } },
    hwaddr: { origin: { key: 'lxc.net.0.hwaddr' } },
    origin: type,
    name: { origin: type },
    device: { op: 'veth', hostName: { origin: type } },
  });
});

test("each type has its device, with LXC's defaults", (t) => {
  const deviceOf = (config: NetworkConfig) => compile(config).interfaces[0]?.device;
  t.like(deviceOf(network('veth')), { op: 'veth', mode: 'bridge', ipv4Routes: [], taggedVlans: [] });
  t.deepEqual(deviceOf(network('macvlan', link)), { op: 'macvlan', mode: 'private' });
  t.deepEqual(deviceOf(network('ipvlan', link)), { op: 'ipvlan', mode: 'l3', isolation: 'bridge' });
  t.like(deviceOf(network('vlan', { ...link, vlanId: written(7) })), { op: 'vlan', id: { value: 7 } });
  t.deepEqual(deviceOf(network('phys', link)), { op: 'phys', prefix: false });
  t.deepEqual(deviceOf(network('empty')), { op: 'empty' });
});

test('a phys whose link ends in + takes what begins so', (t) => {
  const [made] = compile(network('phys', { link: written('enp+') })).interfaces;
  t.deepEqual(made?.device, { op: 'phys', prefix: true });
  t.is(made?.link.value, 'enp');
});

test('VLANs: none, a number, or as the bridge has it', (t) => {
  const vlanOf = (more: Partial<NetworkConfig['veth']>) => {
    const [made] = compile(network('veth', { ...link, veth: { ...veth, ...more } })).interfaces;
    return made?.device.op === 'veth' ? made.device : undefined;
  };
  t.is(vlanOf({})?.vlan.value, -2);
  t.is(vlanOf({ vlan: written('none') })?.vlan.value, -1);
  t.is(vlanOf({ vlan: written(5) })?.vlan.value, 5);
  t.deepEqual(
    vlanOf({ taggedVlans: [written(6), written(7)] })?.taggedVlans.map(({ value }) => value),
    [6, 7],
  );
});

test('network scripts are called as LXC calls them', (t) => {
  const config = network('veth', { ...link, scriptUp: written('/srv/up --now') });
  const scriptOf = (hookVersion: 0 | 1, of = config) => {
    const [made] = compileInterfaces(compilation({ config: { networks: [of], hookVersion } }));
    return made?.scriptUp?.argv;
  };
  t.deepEqual(scriptOf(0), ['/bin/sh', '-c', `exec /srv/up --now 'u1' net up "$@"`, 'sh', 'veth']);
  t.deepEqual(scriptOf(1), [
    '/bin/sh',
    '-c',
    'export LXC_HOOK_TYPE=up LXC_HOOK_SECTION=net LXC_NET_TYPE="$1" LXC_NET_PARENT="$2" LXC_NET_PEER="$3"; ' +
      'exec /srv/up --now "$@"',
    'sh',
    'veth',
  ]);
  const alone = network('veth', { scriptUp: config.scriptUp ?? written('') });
  t.regex(scriptOf(1, alone)?.[2] ?? '', /LXC_NET_TYPE="\$1" LXC_NET_PEER="\$2"; /);
});

const refused = (title: string, config: NetworkConfig, problem: RegExp): void =>
  test(`refused: ${title}`, (t) => {
    t.regex(compile(config).problems.join('\n'), problem);
  });

const gateway = { ipv4: [address('10.0.4.7', 20)], ipv4Gateway: written('auto') };
refused(
  'a gateway of an interface that is down',
  network('veth', { ...link, ...gateway }),
  /a gateway needs the interface up/,
);
refused('an automatic gateway without a link', network('veth', { ...gateway, ...up }), /link is not set/);
refused(
  'an automatic gateway of a phys',
  network('phys', { ...link, ...gateway, ...up }),
  /auto is for veth, macvlan and ipvlan/,
);
refused(
  'a macvlan without a link',
  network('macvlan'),
  /macvlan needs an interface of the host, lxc\.net\.0\.link/,
);
refused(
  'the hardware address of an ipvlan',
  network('ipvlan', { ...link, hwaddr: written('10:66:6a:00:00:01') }),
  /lxc\.net\.0\.hwaddr: an ipvlan has the hardware address of its link/,
);
refused(
  'VLANs without a bridge',
  network('veth', { veth: { ...veth, vlan: written(5) } }),
  /veth\.vlan\.id: VLANs are of a bridge/,
);
refused(
  'VLANs of a router',
  network('veth', { ...link, veth: { ...veth, mode: written('router'), taggedVlans: [written(5)] } }),
  /veth\.vlan\.tagged\.id: VLANs are of a bridge/,
);
refused(
  'a VLAN with and without tags',
  network('veth', { ...link, veth: { ...veth, vlan: written(5), taggedVlans: [written(5)] } }),
  /5 is the VLAN of untagged frames already/,
);
refused(
  'l2proxy of an ipvlan that is not l3s',
  network('ipvlan', { ...link, l2proxy: written(true) }),
  /needs lxc\.net\.0\.ipvlan\.mode = l3s/,
);
refused('another name of loopback', network('empty', { name: written('eth0') }), /is always called lo/);

test('two interfaces of one name are refused, two of one pattern are not', (t) => {
  const named = (index: number, name: string) => network('veth', { index, name: written(name) });
  t.regex(
    compile(named(0, 'lan'), named(1, 'lan')).problems.join(),
    /lxc\.net\.1\.name: lan is taken by lxc\.net\.0/,
  );
  t.deepEqual(compile(named(0, 'lan%d'), named(1, 'lan%d')).problems, []);
});

test("a container in the host's network is told so, and what it has no use for", (t) => {
  const none = network('none', { mtu: written(1400, 'lxc.net.0.mtu') });
  const { interfaces, warnings } = compile(none);
  t.deepEqual(interfaces, []);
  t.regex(warnings[0] ?? '', /lxc\.net\.0\.type = none: the container is in the host's network/);
  t.regex(warnings[1] ?? '', /lxc\.net\.0\.mtu: it has no effect/);
});

test('what has no effect is said', (t) => {
  t.regex(
    compile(network('veth', { l2proxy: written(true) })).warnings.join(),
    /no effect without lxc\.net\.0\.link/,
  );
  t.regex(
    compile(network('empty', { mtu: written(1400) })).warnings.join(),
    /lxc\.net\.0\.mtu: it has no effect/,
  );
});

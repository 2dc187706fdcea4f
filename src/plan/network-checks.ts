/** What would make an interface of the container useless or impossible, told before anything is made. */
import type { NetworkConfig, Sourced } from '../config/model.ts';
import { hasLockedPorts } from '../host/kernel.ts';
import { isOnBridge } from './bridge-members.ts';
import type { Compilation, Findings } from './input.ts';

/** Types that are nothing without an interface of the host. */
const ON_A_LINK = ['macvlan', 'ipvlan', 'vlan', 'phys'];
/** Types whose link can have an address that is the container's gateway. */
const WITH_AUTO = ['veth', 'macvlan', 'ipvlan'];

export function checkInterface(network: NetworkConfig, findings: Findings): void {
  const { index, type, link } = network;
  if (ON_A_LINK.includes(type.value) && link === undefined)
    findings.refuse(
      type.at,
      `lxc.net.${index}.type: ${type.value} needs an interface of the host, lxc.net.${index}.link`,
    );
  checkGateways(network, findings);
  checkVlans(network, findings);
  checkProxy(network, findings);
  if (type.value === 'ipvlan' && network.hwaddr)
    findings.refuse(
      network.hwaddr.at,
      `lxc.net.${index}.hwaddr: an ipvlan has the hardware address of its link, and no other`,
    );
  if (type.value === 'empty') checkLoopback(network, findings);
}

function checkGateways(network: NetworkConfig, findings: Findings): void {
  for (const [key, gateway] of [
    ['ipv4.gateway', network.ipv4Gateway],
    ['ipv6.gateway', network.ipv6Gateway],
  ] as const) {
    if (gateway === undefined) continue;
    const refuse = (what: string) => findings.refuse(gateway.at, `lxc.net.${network.index}.${key}: ${what}`);
    if (network.type.value === 'empty') refuse('a network of type empty has no gateway');
    else if (!network.flagsUp?.value && network.type.value !== 'passt')
      refuse(`a gateway needs the interface up, lxc.net.${network.index}.flags = up`);
    else if (gateway.value === 'auto') checkAuto(network, refuse);
  }
}

function checkAuto({ index, type, link }: NetworkConfig, refuse: (what: string) => void): void {
  if (!WITH_AUTO.includes(type.value))
    refuse(`auto is for veth, macvlan and ipvlan; the link of a ${type.value} is no gateway`);
  else if (link === undefined)
    refuse(`auto is the address of the link, and lxc.net.${index}.link is not set`);
}

/** Membership of VLANs is a matter between a port and its bridge. */
function checkVlans({ index, veth, link }: NetworkConfig, findings: Findings): void {
  const settings: [string, Sourced<unknown> | undefined][] = [
    ['veth.vlan.id', veth.vlan],
    ['veth.vlan.tagged.id', veth.taggedVlans[0]],
  ];
  const ofBridge = link !== undefined && veth.mode?.value !== 'router';
  for (const [key, setting] of settings)
    if (setting && !ofBridge)
      findings.refuse(
        setting.at,
        `lxc.net.${index}.${key}: VLANs are of a bridge: it needs lxc.net.${index}.link, and veth.mode = bridge`,
      );
  for (const tag of veth.taggedVlans)
    if (tag.value === veth.vlan?.value)
      findings.refuse(
        tag.at,
        `lxc.net.${index}.veth.vlan.tagged.id: ${tag.value} is the VLAN of untagged frames already (veth.vlan.id)`,
      );
}

function checkProxy({ index, type, link, l2proxy, ipvlanMode }: NetworkConfig, findings: Findings): void {
  if (!l2proxy?.value) return;
  const key = `lxc.net.${index}.l2proxy`;
  if (link === undefined) findings.warn(l2proxy.at, `${key}: it has no effect without lxc.net.${index}.link`);
  else if (type.value === 'ipvlan' && ipvlanMode?.value !== 'l3s')
    findings.refuse(l2proxy.at, `${key}: of an ipvlan it needs lxc.net.${index}.ipvlan.mode = l3s`);
}

/** What an address means on TLXC's bridge, only root's containers are told by its DHCP. */
export function checkLeases(network: NetworkConfig, { system, findings, host }: Compilation): void {
  const bridge = system.settings['tlxc.bridge.name'] ?? '';
  for (const [key, lease] of [
    ['ipv4.lease', network.ipv4Lease],
    ['ipv6.lease', network.ipv6Lease],
  ] as const) {
    if (lease === undefined) continue;
    const refuse = (what: string) => findings.refuse(lease.at, `tlxc.net.${network.index}.${key}: ${what}`);
    if (!isOnBridge(network, system))
      refuse(`DHCP of TLXC's serves ${bridge} only: it needs lxc.net.${network.index}.link = ${bridge}`);
    else if (host.user !== null) refuse("only root's containers may choose what DHCP gives them");
  }
}

/** The address that DHCP keeps for it is there only on TLXC's bridge, and would be one too many beside others. */
export function checkStatic(network: NetworkConfig, { system, findings, host }: Compilation): void {
  const { index, ipv4, ipv4Static, ipv4Gateway, flagsUp } = network;
  if (!ipv4Static?.value) return;
  const refuse = (what: string) => findings.refuse(ipv4Static.at, `tlxc.net.${index}.ipv4.static: ${what}`);
  const bridge = system.settings['tlxc.bridge.name'] ?? '';
  if (!isOnBridge(network, system))
    refuse(`the address is one of TLXC's bridge: it needs lxc.net.${index}.link = ${bridge}`);
  else if (host.user !== null) refuse("only root's containers have addresses kept for them");
  else if (!flagsUp?.value) refuse(`a gateway needs the interface up, lxc.net.${index}.flags = up`);
  else if (ipv4.length > 0 || ipv4Gateway)
    refuse(`lxc.net.${index}.ipv4.${ipv4.length > 0 ? 'address' : 'gateway'} says it otherwise`);
}

/** It is the bridge that looks at the frames. */
export function checkFilter(network: NetworkConfig, { host, findings }: Compilation): void {
  const { index, filter, link, veth } = network;
  if (filter?.value !== 'mac') return;
  const refuse = (what: string) => findings.refuse(filter.at, `tlxc.net.${index}.filter: ${what}`);
  if (link === undefined || veth.mode?.value === 'router')
    refuse(`a bridge looks at the frames: it needs lxc.net.${index}.link, and veth.mode = bridge`);
  else if (host.user !== null)
    refuse("it is for root's containers: tlxc-user-nic joins others to their bridge");
  else if (!hasLockedPorts(host.kernelRelease))
    refuse(
      `the ports of this kernel's bridges (Linux ${host.kernelRelease}) look at no sender; it takes Linux 5.18`,
    );
}

/** Loopback keeps its name and has no hardware. */
function checkLoopback({ index, name, hwaddr, link, mtu }: NetworkConfig, findings: Findings): void {
  if (name && name.value !== 'lo')
    findings.refuse(name.at, `lxc.net.${index}.name: loopback, which type empty is, is always called lo`);
  for (const [key, setting] of Object.entries({ hwaddr, link, mtu }))
    if (setting)
      findings.warn(setting.at, `lxc.net.${index}.${key}: it has no effect on a network of type empty`);
}

/** Names that are patterns (eth%d) never collide. */
export function checkNames(networks: readonly NetworkConfig[], findings: Findings): void {
  const seen = new Map<string, number>();
  for (const { index, name, veth } of networks)
    for (const [key, setting] of [
      ['name', name],
      ['veth.pair', veth.pair],
    ] as const) {
      if (setting === undefined || setting.value.includes('%')) continue;
      const other = seen.get(`${key} ${setting.value}`);
      if (other !== undefined)
        findings.refuse(setting.at, `lxc.net.${index}.${key}: ${setting.value} is taken by lxc.net.${other}`);
      seen.set(`${key} ${setting.value}`, index);
    }
}

/** Type none needs nobody's leave, as in LXC; what it means is said, and which settings it leaves without a meaning. */
export function sayHostNetwork(networks: readonly NetworkConfig[], findings: Findings): void {
  for (const { index, type, ...settings } of networks.filter((each) => each.type.value === 'none')) {
    findings.warn(
      type.at,
      `lxc.net.${index}.type = none: the container is in the host's network: it reaches whatever listens there, ` +
        'abstract sockets too, and its root changes it where there is no lxc.idmap',
    );
    const { link, name, hwaddr, mtu, ipv4Gateway, ipv6Gateway, l2proxy, scriptUp, scriptDown } = settings;
    const [ipv4, ipv6] = [settings.ipv4[0], settings.ipv6[0]];
    const idle = [
      link,
      name,
      hwaddr,
      mtu,
      ipv4,
      ipv6,
      ipv4Gateway,
      ipv6Gateway,
      l2proxy,
      scriptUp,
      scriptDown,
    ];
    for (const setting of idle)
      if (setting)
        findings.warn(setting.at, `${setting.at.key ?? ''}: it has no effect on a network of type none`);
  }
}

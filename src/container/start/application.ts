/** What an init would see to, for containers that run a program alone (images of OCI registries): network and names. */
import { join } from 'node:path';
import type { SystemConfig } from '../../config/model.ts';
import { otherServers } from '../../network/dnsmasq.ts';
import { hostNameServers } from '../../network/name-service.ts';
import { networkPlaces } from '../../network/places.ts';
import { bridgeSettings } from '../../network/settings.ts';
import { PASST_NAMES } from '../../plan/passt.ts';

export interface Application {
  /** Further lines of the configuration, "key = value". */
  readonly lines: readonly string[];
  /** And those beside its network's. */
  readonly network: readonly string[];
  /** Files that the root filesystem gets where it has none, or an empty one. LXC_NAME stands for the container's name. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** Indexes of interfaces to which nobody gives an IPv4 address. */
  readonly unaddressed: readonly string[];
}

const HOSTS = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`;

/** "key = value", of lxc.net.N.KEY; undefined where no line sets it. */
const settingOf = (lines: readonly string[], index: string, key: string): string | undefined =>
  lines.findLast((line) => line.startsWith(`lxc.net.${index}.${key} = `))?.split(' = ')[1];

/** What nobody has to give an address. */
const NOT_ASKING = ['empty', 'none', 'passt'];

const indexesOf = (lines: readonly string[]): string[] =>
  lines.flatMap((line) => /^lxc\.net\.(\d+)\.type = /.exec(line)?.[1] ?? []);

/** The bridge's own, or those that DHCP there tells of while names are somebody else's to serve. */
const onTheBridge = (address: string, system: SystemConfig): readonly string[] =>
  otherServers(networkPlaces(system)) ?? [address];

interface Ways {
  readonly onBridge: boolean;
  readonly byPasst: boolean;
  readonly system: SystemConfig;
}

/** Whom the container is to ask, by the way that its network has. */
function nameServers({ onBridge, byPasst, system }: Ways): readonly string[] {
  const { ipv4 } = bridgeSettings(system);
  if (onBridge && ipv4) return onTheBridge(ipv4.address, system);
  return byPasst ? [PASST_NAMES] : hostNameServers();
}

export interface ApplicationRequest {
  /** The container's directory, once it is made. */
  readonly dir: string;
  /** The network of the configuration that it is made from. */
  readonly network: readonly string[];
  readonly system: SystemConfig;
  /** A plain user's, for whom the bridge keeps no address. */
  readonly user: boolean;
}

export function applicationSetup({ dir, network: lines, system, user }: ApplicationRequest): Application {
  const { name, ipv4, domain } = bridgeSettings(system);
  const has = (index: string, key: string): boolean => settingOf(lines, index, key) !== undefined;
  const ownTypes = lines.flatMap((line) => /^tlxc\.net\.(\d+)\.type = passt$/.exec(line)?.[1] ?? []);
  const typeOf = (index: string): string =>
    ownTypes.includes(index) ? 'passt' : (settingOf(lines, index, 'type') ?? '');
  const onBridge = indexesOf(lines).filter(
    (index) => typeOf(index) === 'veth' && settingOf(lines, index, 'link') === name,
  );
  const open = indexesOf(lines).filter(
    (index) =>
      !NOT_ASKING.includes(typeOf(index)) &&
      has(index, 'flags') &&
      !has(index, 'ipv4.address') &&
      !has(index, 'ipv4.gateway'),
  );
  const given = user || !ipv4 ? [] : open.filter((index) => onBridge.includes(index));
  const own = indexesOf(lines).some((index) => typeOf(index) !== 'none');
  const servers = nameServers({ onBridge: onBridge.length > 0, byPasst: ownTypes.length > 0, system });
  const search = onBridge.length > 0 && domain !== '' ? [`search ${domain}`] : [];
  const resolver = [...servers.map((address) => `nameserver ${address}`), ...search];
  return {
    // What the program writes has no other place to go.
    lines: [
      `lxc.console.logfile = ${join(dir, 'console.log')}`,
      'lxc.console.size = 1MB',
      'lxc.console.rotate = 1',
    ],
    network: [
      ...given.map((index) => `tlxc.net.${index}.ipv4.static = 1`),
      // As Docker has it: the image's user, who is not root, listens on port 80 as well.
      ...(own ? ['lxc.sysctl.net.ipv4.ip_unprivileged_port_start = 0'] : []),
    ],
    files: [
      // On the bridge its name means its own address, which others reach, too.
      { path: '/etc/hosts', text: onBridge.length > 0 ? HOSTS : `${HOSTS}127.0.1.1\tLXC_NAME\n` },
      ...(servers.length === 0 ? [] : [{ path: '/etc/resolv.conf', text: `${resolver.join('\n')}\n` }]),
    ],
    unaddressed: open.filter((index) => !given.includes(index)),
  };
}

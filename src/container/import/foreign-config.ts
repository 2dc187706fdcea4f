/** The configuration of a container that comes from another manager, or from nothing but a root filesystem. Pure but for reading the seed. */
import type { IdMap } from '../../config/model.ts';
import { defaultMetadata } from '../../image/metadata.ts';
import { debianArch } from '../../image/product.ts';
import { newConfigText, type Seed } from '../create/new-config.ts';
import type { DeviceLines } from './foreign-devices.ts';
import type { Foreign } from './foreign.ts';

export interface ForeignIdentity {
  readonly foreign: Foreign;
  /** What is imported, for people. */
  readonly source: string;
  readonly name: string;
  readonly seed: Seed;
  readonly rootfsPath: string;
  /** The ids of its own; [] for a privileged container, or where the seed has a map. */
  readonly maps: readonly IdMap[];
  readonly idmapped: boolean;
  readonly mountMapped: boolean;
  readonly keepMac: boolean;
  /** What its devices became. */
  readonly devices: DeviceLines;
}

/** The first interface is the seed's, with the address that it had there where that is to be kept. */
function withAddress(seed: Seed, hwaddr: string): Seed {
  const line = (text: string): string =>
    /^lxc\.net\.0\.hwaddr = /.test(text) ? `lxc.net.0.hwaddr = ${hwaddr}` : text;
  return hwaddr === '' ? seed : { ...seed, network: seed.network.map(line) };
}

/** The text of the configuration file. */
export function foreignConfig(identity: ForeignIdentity): string {
  const { foreign, source, name, rootfsPath, maps, idmapped, mountMapped, keepMac, devices } = identity;
  const seed = withAddress(identity.seed, keepMac ? foreign.hwaddr : '');
  const { userConfig, systemConfig } = defaultMetadata(debianArch(process.arch));
  return newConfigText({
    ...{ name, template: 'tlxc-import', templateArgs: [source], image: null },
    ...{ maps, idmapped, mountMapped, rootfsPath },
    seed: {
      ...seed,
      others: [
        ...seed.others,
        ...foreign.lines.map(([key, value]) => `${key} = ${value}`),
        ...devices.others,
      ],
      network: [...seed.network, ...devices.network],
    },
    distribution: idmapped ? userConfig : systemConfig,
  });
}

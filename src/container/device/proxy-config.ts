/** The lines tlxc.net.N.forward of a container's configuration, written and removed by a command. */
import { writeFileAtomically } from '../../config/atomic-write.ts';
import { ConfigDocument } from '../../config/document.ts';
import { sameHostEnd } from '../../config/forward-checks.ts';
import { BadValue } from '../../config/key.ts';
import { loadSettings, type LoadRequest } from '../../config/load.ts';
import type { ForwardConfig, ForwardEnd, Sourced } from '../../config/model.ts';
import { readConfigFile } from '../../config/read-file.ts';
import { network } from '../../config/registry/network.ts';
import type { Settings } from '../../config/settings.ts';
import { forward, showEnd, showForward } from '../../config/values/forward.ts';
import type { Environment } from '../../environment.ts';
import { TlxcError } from '../../errors.ts';
import { placeOf } from '../../problem.ts';
import { withLock } from '../lock.ts';
import type { ContainerPaths } from '../paths.ts';

export interface ConfigPlace {
  readonly paths: ContainerPaths;
  /** The caller's: lxc.environment = NAME copies from it. */
  readonly environment: Environment;
}

/** A change that was found possible. It writes the file when it is called, under the container's lock. */
export type Change = () => Promise<void>;

/** The side of the host, of any forward. */
export interface HostSide {
  readonly protocol: string;
  readonly from: ForwardEnd;
  readonly count: number;
}

const nameOf = ({ protocol, from, count }: HostSide): string => `${protocol} ${showEnd(from, 0, count)}`;

const requestOf = ({ paths, environment }: ConfigPlace): LoadRequest => ({
  name: paths.name,
  lxcpath: paths.lxcpath,
  configFile: paths.config,
  environment,
});

const edit = (paths: ContainerPaths, change: (document: ConfigDocument) => void): Promise<void> =>
  withLock(paths, () => {
    const document = ConfigDocument.parse(readConfigFile(paths.config).text, paths.config);
    change(document);
    writeFileAtomically(paths.config, document.toString());
  });

/** The interface that the line belongs to; it makes no difference which. */
function interfaceOf(settings: Settings, { name, config }: ContainerPaths): number {
  const index = settings.networks().find((each) => settings.last(network.type, each) !== undefined);
  if (index !== undefined) return index;
  throw new TlxcError({
    code: 'TLXC_E_CONFIG',
    message: `cannot remember a proxy: ${config} has no network interface that its line could belong to`,
    container: name,
    hint: 'lxc.net.0.type = empty is one that makes nothing but loopback',
  });
}

const forwardsOf = (settings: Settings): readonly Sourced<ForwardConfig>[] =>
  settings.networks().flatMap((index) => [...settings.all(network.forward, index)]);

/** Throws TLXC_E_NETWORK where a line forwards it already, TLXC_E_CONFIG where it would contradict one otherwise. */
export function rememberForward(place: ConfigPlace, added: ForwardConfig): Change {
  const { paths } = place;
  const { settings } = loadSettings(requestOf(place));
  const other = forwardsOf(settings).find(({ value }) => sameHostEnd(value, added));
  if (other)
    throw new TlxcError({
      code: 'TLXC_E_NETWORK',
      message: `${nameOf(added)} is forwarded at ${placeOf(other.at)} already`,
      container: paths.name,
      hint: `tlxc-device -n ${paths.name} del --saved proxy '${nameOf(other.value)}' takes that away`,
    });
  const key = `tlxc.net.${interfaceOf(settings, paths)}.forward`;
  const value = showForward(added);
  loadSettings({ ...requestOf(place), overrides: [`${key} = ${value}`] });
  return () => edit(paths, (document) => document.append(key, value));
}

const meets = (left: HostSide, right: HostSide): boolean => {
  if (left.protocol !== right.protocol) return false;
  if ('path' in left.from || 'path' in right.from) return nameOf(left) === nameOf(right);
  const [one, other] = [left.from, right.from];
  const apart = one.port + left.count <= other.port || other.port + right.count <= one.port;
  return one.address === other.address && !apart;
};

/** As the registry reads the line; null: another key, or a line that is none. */
function forwardOf(key: string, value: string): ForwardConfig | null {
  if (!/^tlxc\.net\.\d+\.forward$/.test(key)) return null;
  try {
    return forward(value);
  } catch (error) {
    if (error instanceof BadValue) return null;
    throw error;
  }
}

/**
 * Undefined where the configuration has no such line. Throws TLXC_E_CONFIG for a line that is not to be
 * removed here: of another file, or of more ports.
 */
export function forgetForward(place: ConfigPlace, side: HostSide): Change | undefined {
  const { paths } = place;
  const { settings } = loadSettings(requestOf(place));
  const found = forwardsOf(settings).filter(({ value }) => meets(value, side));
  for (const { value, at } of found) {
    const elsewhere = at.file !== paths.config;
    if (!elsewhere && nameOf(value) === nameOf(side)) continue;
    throw new TlxcError({
      code: 'TLXC_E_CONFIG',
      message: `${nameOf(side)} cannot be forgotten: it is ${elsewhere ? 'written' : `part of ${nameOf(value)}`} at ${placeOf(at)}`,
      container: paths.name,
      hint: elsewhere
        ? 'other containers may include that file: change it by hand'
        : 'name the whole range, or change the line by hand',
    });
  }
  if (found.length === 0) return undefined;
  return () =>
    edit(paths, (document) => {
      for (const { key, value } of document.entries()) {
        const written = forwardOf(key, value);
        if (written && nameOf(written) === nameOf(side)) document.remove(key, value);
      }
    });
}

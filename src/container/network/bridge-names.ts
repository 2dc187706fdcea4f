/** A container's addresses and name on TLXC's bridge: reserved and told at its start, given up when it is destroyed. */
import { basename } from 'node:path';
import { withLines } from '../../config/locate.ts';
import type { SystemConfig } from '../../config/model.ts';
import { errnoWords } from '../../errno.ts';
import { TlxcError } from '../../errors.ts';
import { leaseProblems } from '../../network/lease-checks.ts';
import { register, reregister, unregister } from '../../network/registration.ts';
import { forgetLeases } from '../../network/service.ts';
import { bridgeSettings } from '../../network/settings.ts';
import type { BridgeMember } from '../../plan/bridge-members.ts';
import type { Problem } from '../../problem.ts';
import type { ContainerPaths } from '../paths.ts';

/** NAME@STORE */
export const keyOf = ({ dnsRecord }: ContainerPaths): string => basename(dnsRecord);

/** What is wrong with the addresses that are asked of DHCP on the bridge. Nothing to check costs nothing. */
export function checkLeases(members: readonly BridgeMember[], system: SystemConfig): readonly Problem[] {
  if (!members.some(({ ipv4Lease, ipv6Lease }) => ipv4Lease ?? ipv6Lease)) return [];
  return leaseProblems(members, bridgeSettings(system));
}

export interface Named {
  readonly system: SystemConfig;
  readonly paths: ContainerPaths;
  readonly configFile: string;
  readonly members: readonly BridgeMember[];
}

/**
 * Tells DHCP and DNS of the container, before it can ask them. That it cannot be done is a warning: the container runs without
 * a name. Throws TLXC_E_CONFIG where an address that it asks for is another's.
 */
export async function tellNames(
  { system, paths, configFile, members }: Named,
  warn: (text: string) => void,
): Promise<void> {
  if (members.length === 0) return;
  const { name, lxcpath } = paths;
  try {
    const newcomer = { key: keyOf(paths), name, lxcpath, configFile, members };
    const stale = register(system, newcomer, warn);
    if (stale) await forgetLeases(system, stale);
  } catch (error) {
    if (error instanceof TlxcError && error.code === 'TLXC_E_CONFIG')
      throw withLines(new TlxcError({ ...error.details, container: name }));
    warn(`the bridge's DHCP and DNS are not told of ${name}: ${why(error)}`);
  }
}

function why(error: unknown): string {
  if (error instanceof TlxcError) return error.message;
  const { code = '', path = '', message } = error as NodeJS.ErrnoException;
  if (code === '') return message;
  return `${path === '' ? '' : `${path}: `}${errnoWords(code)}`;
}

/**
 * The container is destroyed: nobody is known by its name any more. Its lock is still held, since the next one of the name has
 * the same key. That it cannot be done is a warning.
 */
export async function giveUpNames(
  system: SystemConfig,
  paths: ContainerPaths,
  warn: (text: string) => void,
): Promise<void> {
  try {
    const stale = unregister(system, keyOf(paths));
    if (stale) await forgetLeases(system, stale);
  } catch (error) {
    const remedy = 'when that is mended, tlxc-net restart has them forget it';
    warn(`the bridge's DHCP and DNS still know ${paths.name}: ${why(error)} (${remedy})`);
  }
}

/** The container has another name: its addresses stay its own. That it cannot be done is a warning. Both are locked. */
export async function moveNames(
  system: SystemConfig,
  from: ContainerPaths,
  to: ContainerPaths,
  warn: (text: string) => void,
): Promise<void> {
  const { name, lxcpath, config: configFile } = to;
  try {
    const stale = reregister(system, keyOf(from), { key: keyOf(to), name, lxcpath, configFile });
    if (stale) await forgetLeases(system, stale);
  } catch (error) {
    const remedy = `when that is mended, the next start of ${name} tells them`;
    warn(
      `the bridge's DHCP and DNS are not told that ${from.name} is ${name} now: ${why(error)} (${remedy})`,
    );
  }
}

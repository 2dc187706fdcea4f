/** What AppArmor says of itself below /sys/kernel/security/apparmor. */
import { existsSync } from 'node:fs';
import type { AppArmorFeatures, HostFacts } from './facts.ts';

/** Its files; the directory is there where AppArmor is enabled. */
export const POLICY = '/sys/kernel/security/apparmor';

/** The names in its list of profiles, whose lines are "NAME (MODE)"; a name may hold blanks. */
export const profileNames = (text: string): readonly string[] =>
  text.split('\n').flatMap((line) => /^(.+) \(\w+\)$/.exec(line)?.[1] ?? []);

/** The profiles that are loaded. The list is root's to read; others see a directory a profile, NAME.NUMBER with dots for slashes. */
export function loadedProfiles(
  read: (path: string) => string,
  list: (path: string) => string[],
): readonly string[] {
  const text = read(`${POLICY}/profiles`);
  if (text !== '') return profileNames(text);
  return list(`${POLICY}/policy/profiles`).map((entry) => entry.replace(/\.\d+$/, ''));
}

const PARSER = ['/usr/sbin/apparmor_parser', '/sbin/apparmor_parser'];

/** Where AppArmor is not enabled. */
export const NO_APPARMOR: AppArmorFeatures = {
  label: 'unconfined',
  stacking: false,
  mounts: false,
  parser: '',
  loads: false,
};

type Root = Pick<HostFacts, 'nested' | 'boundingCapabilities'>;

/**
 * read: a file's text, "" where it cannot be read. Root of a container's user namespace may load profiles into a policy
 * namespace that was made for that container, and into none of those above it.
 */
export function appArmorFeatures(
  read: (path: string) => string,
  { nested, boundingCapabilities }: Root,
): AppArmorFeatures {
  const own = (name: string): string => read(`${POLICY}/${name}`).trim();
  const [major = 0, minor = 0] = own('features/domain/version').split('.').map(Number);
  const stacks = own('features/domain/stack') === 'yes' && (major > 1 || (major === 1 && minor >= 2));
  const current = read('/proc/self/attr/apparmor/current') || read('/proc/self/attr/current');
  return {
    label: /^[^\s\0]+/.exec(current)?.[0] ?? 'unconfined',
    stacking: stacks && own('.ns_stacked') !== 'yes',
    mounts: own('features/mount/mask') !== '',
    parser: PARSER.find((path) => existsSync(path)) ?? '',
    loads: nested === null || (boundingCapabilities.includes('mac_admin') && Number(own('.ns_level')) > 0),
  };
}

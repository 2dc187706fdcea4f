/** Reads what this machine can do: a handful of small files of /proc and /sys, each once a process, when it is first asked for. */
import { existsSync, readdirSync } from 'node:fs';
import { endianness, machine } from 'node:os';
import { join } from 'node:path';
import { allMounts } from '../mountinfo.ts';
import { readableText } from '../readable-text.ts';
import { appArmorFeatures, NO_APPARMOR, loadedProfiles } from './apparmor.ts';
import { boundingCapabilities, knownCapabilities } from './capabilities.ts';
import { cgroupLayout, parseCgroupMounts } from './cgroups.ts';
import type { CgroupMount, HostFacts } from './facts.ts';
import { filesystemKnown, hasIdmappedMounts, hasOverlayOnIdmapped } from './kernel.ts';
import { signalNumbers } from './signals.ts';
import { namespaceIds } from './user-namespace.ts';
import { readUser } from './user.ts';

let probed: HostFacts | undefined;

function hasOverlayModule(kernelRelease: string): boolean {
  const directory = `/lib/modules/${kernelRelease}/kernel/fs/overlayfs`;
  return ['', '.xz', '.zst', '.gz'].some((packed) => existsSync(`${directory}/overlay.ko${packed}`));
}

/** The facts, the same object for the life of the process. Never throws: what cannot be read counts as absent. */
export function probeHost(): HostFacts {
  probed ??= readFacts();
  return probed;
}

function readFacts(): HostFacts {
  const status = (): string => readableText('/proc/self/status');
  const facts: HostFacts = whenAsked({
    kernelRelease: () => readableText('/proc/sys/kernel/osrelease').trim(),
    machine: () => (machine().startsWith('mips') && endianness() === 'LE' ? `${machine()}el` : machine()),
    cgroups: () =>
      parseCgroupMounts({
        mountinfo: readableText('/proc/self/mountinfo'),
        membership: readableText('/proc/self/cgroup'),
        controllersOf: (mountPoint) => readableText(join(mountPoint, 'cgroup.controllers')),
      }),
    cgroupLayout: () => cgroupLayout(facts.cgroups),
    cgroupNamespaces: () => existsSync('/proc/self/ns/cgroup'),
    blockWeights: () => blockWeights(facts.cgroups),
    timeNamespaces: () => existsSync('/proc/self/ns/time'),
    selinux: () => existsSync('/sys/fs/selinux/enforce'),
    capabilities: () => knownCapabilities(readableText('/proc/sys/kernel/cap_last_cap')),
    boundingCapabilities: () => boundingCapabilities(status(), facts.capabilities),
    idmappedMounts: () => hasIdmappedMounts(facts.kernelRelease),
    // A module that is not loaded yet is not listed; mounting loads it.
    overlay: () =>
      filesystemKnown(readableText('/proc/filesystems'), 'overlay') || hasOverlayModule(facts.kernelRelease),
    overlayOnIdmapped: () => hasOverlayOnIdmapped(facts.kernelRelease),
    apparmor: () => readableText('/sys/module/apparmor/parameters/enabled').trim() === 'Y',
    apparmorFeatures: () => (facts.apparmor ? appArmorFeatures(readableText, facts) : NO_APPARMOR),
    apparmorProfiles: () => (facts.apparmor ? loadedProfiles(readableText, list) : []),
    ipv6: () => existsSync('/proc/net/if_inet6'),
    seccomp: () => existsSync('/proc/sys/kernel/seccomp/actions_avail'),
    procMounts: () => mountsInProc(),
    filtered: () => /^Seccomp:\s*[12]$/m.test(status()),
    uid: () => process.getuid?.() ?? 0,
    gid: () => process.getgid?.() ?? 0,
    nested: () => namespaceIds(),
    makesNodes: () =>
      facts.uid === 0 && facts.nested === null && facts.boundingCapabilities.includes('mknod'),
    user: () => (facts.uid === 0 ? null : readUser(facts.uid, facts.cgroups)),
    bootId: () => readableText('/proc/sys/kernel/random/boot_id').trim(),
    signals: () => signalNumbers,
  });
  return facts;
}

const mountsInProc = (): string[] =>
  allMounts()
    .map(({ point }) => point)
    .filter((point) => point.startsWith('/proc/'));

/** An object of which each member is read when it is first asked for, and then stays. */
function whenAsked<T extends object>(readers: { readonly [K in keyof T]: () => T[K] }): T {
  const facts = {} as T;
  for (const name of Object.keys(readers) as (keyof T)[]) {
    const keep = { configurable: true, enumerable: true };
    const get = (): T[keyof T] => {
      const value = readers[name]();
      Object.defineProperty(facts, name, { ...keep, value });
      return value;
    };
    Object.defineProperty(facts, name, { ...keep, get });
  }
  return facts;
}

/** Without any block device nothing is weighed, and BFQ cannot be seen. */
function blockWeights(cgroups: readonly CgroupMount[]): HostFacts['blockWeights'] {
  const v2 = cgroups.find(({ version }) => version === 2);
  const devices = list('/sys/block');
  const bfq = devices.some((name) =>
    /\bbfq\b/.test(readableText(join('/sys/block', name, 'queue/scheduler'))),
  );
  const cost = v2 !== undefined && existsSync(join(v2.mountPoint, 'io.cost.qos'));
  return [...(cost ? (['io.weight'] as const) : []), ...(bfq ? (['io.bfq.weight'] as const) : [])];
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

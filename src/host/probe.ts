/** Reads what this machine can do: once a process, a handful of small files of /proc and /sys. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { endianness, machine, release } from 'node:os';
import { join } from 'node:path';
import { appArmorFeatures, NO_APPARMOR, profileNames } from './apparmor.ts';
import { boundingCapabilities, knownCapabilities } from './capabilities.ts';
import { cgroupLayout, parseCgroupMounts } from './cgroups.ts';
import type { CgroupMount, HostFacts } from './facts.ts';
import { filesystemKnown, hasIdmappedMounts, hasOverlayOnIdmapped } from './kernel.ts';
import { signalNumbers } from './signals.ts';
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
  const kernelRelease = release();
  const cgroups = parseCgroupMounts({
    mountinfo: read('/proc/self/mountinfo'),
    membership: read('/proc/self/cgroup'),
    controllersOf: (mountPoint) => read(join(mountPoint, 'cgroup.controllers')),
  });
  const capabilities = knownCapabilities(read('/proc/sys/kernel/cap_last_cap'));
  const status = read('/proc/self/status');
  const apparmor = read('/sys/module/apparmor/parameters/enabled').trim() === 'Y';
  const uid = process.getuid?.() ?? 0;
  return {
    kernelRelease,
    machine: machine().startsWith('mips') && endianness() === 'LE' ? `${machine()}el` : machine(),
    cgroups,
    cgroupLayout: cgroupLayout(cgroups),
    cgroupNamespaces: existsSync('/proc/self/ns/cgroup'),
    get blockWeights() {
      return blockWeights(cgroups);
    },
    timeNamespaces: existsSync('/proc/self/ns/time'),
    selinux: existsSync('/sys/fs/selinux/enforce'),
    capabilities,
    boundingCapabilities: boundingCapabilities(status, capabilities),
    idmappedMounts: hasIdmappedMounts(kernelRelease),
    // A module that is not loaded yet is not listed; mounting loads it.
    overlay: filesystemKnown(read('/proc/filesystems'), 'overlay') || hasOverlayModule(kernelRelease),
    overlayOnIdmapped: hasOverlayOnIdmapped(kernelRelease),
    apparmor,
    apparmorFeatures: apparmor ? appArmorFeatures(read) : NO_APPARMOR,
    apparmorProfiles: apparmor ? profileNames(read('/sys/kernel/security/apparmor/profiles')) : [],
    ipv6: existsSync('/proc/net/if_inet6'),
    seccomp: existsSync('/proc/sys/kernel/seccomp/actions_avail'),
    filtered: /^Seccomp:\s*[12]$/m.test(status),
    uid,
    gid: process.getgid?.() ?? 0,
    user: readUser(uid, cgroups),
    bootId: read('/proc/sys/kernel/random/boot_id').trim(),
    signals: signalNumbers,
  };
}

/** Without any block device nothing is weighed, and BFQ cannot be seen. */
function blockWeights(cgroups: readonly CgroupMount[]): HostFacts['blockWeights'] {
  const v2 = cgroups.find(({ version }) => version === 2);
  const devices = list('/sys/block');
  const bfq = devices.some((name) => /\bbfq\b/.test(read(join('/sys/block', name, 'queue/scheduler'))));
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

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

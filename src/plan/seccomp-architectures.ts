/** Which architectures a seccomp filter covers, and what a policy's [section] means on this machine. */

interface Machine {
  /** libseccomp's name. */
  readonly native: string;
  /** The other ABIs that its kernel may run. */
  readonly compat: readonly string[];
}

const alone = (native: string): Machine => ({ native, compat: [] });

/** By HostFacts.machine. */
const MACHINES: Readonly<Record<string, Machine>> = {
  x86_64: { native: 'x86_64', compat: ['x86', 'x32'] },
  ...Object.fromEntries(['i386', 'i486', 'i586', 'i686'].map((name) => [name, alone('x86')])),
  aarch64: { native: 'aarch64', compat: ['arm'] },
  ...Object.fromEntries(['armv6l', 'armv7l', 'armv8l'].map((name) => [name, alone('arm')])),
  mips: alone('mips'),
  mipsel: alone('mipsel'),
  mips64: { native: 'mips64', compat: ['mips', 'mips64n32'] },
  mips64el: { native: 'mipsel64', compat: ['mipsel', 'mipsel64n32'] },
  ppc: alone('ppc'),
  ppc64: { native: 'ppc64', compat: ['ppc'] },
  ppc64le: alone('ppc64le'),
  riscv64: alone('riscv64'),
  s390: alone('s390'),
  s390x: { native: 's390x', compat: ['s390'] },
  loongarch64: alone('loongarch64'),
};

/** Section names of LXC's policies, with libseccomp's name. */
const SECTIONS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['x86', 'x86_64', 'x32', 'arm', 'ppc', 'ppc64', 'ppc64le', 's390', 's390x', 'riscv64', 'loongarch64'].map(
      (name) => [name, name],
    ),
  ),
  i386: 'x86',
  amd64: 'x86_64',
  arm64: 'aarch64',
  ...Object.fromEntries(
    ['mips', 'mips64', 'mips64n32', 'mipsel', 'mipsel64', 'mipsel64n32'].map((name) => [name, name]),
  ),
};

/** Of a line "[NAME]". "": all architectures; null: one this machine does not run; undefined: no such name. */
export function sectionArchitecture(line: string, machine: string): string | null | undefined {
  const section = /^\[\s*(\w+)\s*\]$/.exec(line)?.[1]?.toLowerCase() ?? '';
  if (section === 'all') return '';
  const name = SECTIONS[section];
  if (name === undefined) return undefined;
  const here = MACHINES[machine];
  return here && (name === here.native || here.compat.includes(name)) ? name : null;
}

/**
 * Architectures beside the native one. A deny list must cover every ABI, or the other ABI is a way around it. An allow
 * list leaves x32 out unless the policy names it: nothing of a usual system needs it, and calls of an architecture that
 * the filter does not have are killed.
 */
export function filterArchitectures(
  machine: string,
  allowList: boolean,
  named: ReadonlySet<string>,
): string[] {
  const compat = MACHINES[machine]?.compat ?? [];
  return compat.filter((name) => !allowList || name !== 'x32' || named.has(name));
}

/** Which architectures a seccomp filter covers, and what a policy's [section] means on this machine. */

/** libseccomp's name by uname -m, with the other ABIs that kernel may run. */
const MACHINES: Readonly<Record<string, { native: string; compat: readonly string[] }>> = {
  x86_64: { native: 'x86_64', compat: ['x86', 'x32'] },
  i686: { native: 'x86', compat: [] },
  aarch64: { native: 'aarch64', compat: ['arm'] },
  armv7l: { native: 'arm', compat: [] },
  ppc64: { native: 'ppc64', compat: ['ppc'] },
  ppc64le: { native: 'ppc64le', compat: [] },
  riscv64: { native: 'riscv64', compat: [] },
  s390x: { native: 's390x', compat: ['s390'] },
  loongarch64: { native: 'loongarch64', compat: [] },
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

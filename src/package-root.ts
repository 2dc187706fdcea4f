/** Where this package lies: the directory that holds bin/, config/, templates/ and native/. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Set by the bundler's banner in the bundled commands; absent when run from source or as the ES module library. */
declare const __tlxcPackageRoot: string | undefined;

export const packageRoot: string =
  typeof __tlxcPackageRoot === 'string' ? __tlxcPackageRoot : fileURLToPath(new URL('..', import.meta.url));

let nativeDirectory: string | undefined;

/** A file that `npm run build` made here, or that a package brings for this machine beside those of another. */
export function nativeFile(name: string): string {
  nativeDirectory ??= directoryOfNative();
  return join(nativeDirectory, name);
}

function directoryOfNative(): string {
  const built = join(packageRoot, 'native/build/Release');
  const prebuilt = join(packageRoot, `native/prebuilds/linux-${process.arch}`);
  if (!existsSync(prebuilt)) return built;
  return architectureOf(join(built, 'tlxc-monitor')) === process.arch ? built : prebuilt;
}

/** e_machine of an ELF header, by Node's names. */
const MACHINES: Readonly<Record<number, string>> = {
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
  22: 's390x',
  21: 'ppc64',
};

/** What a native file was made for; undefined where it is not there, or none of those. */
function architectureOf(file: string): string | undefined {
  const header = existsSync(file) ? readFileSync(file).subarray(0, 20) : Buffer.alloc(0);
  return header.length === 20 ? MACHINES[header.readUInt16LE(18)] : undefined;
}

const FROM_SOURCE =
  'build it here, from a clone: apt-get install git g++ make python3 pkg-config libseccomp-dev libcap-dev libnl-route-3-dev ' +
  'rapidjson-dev, then npm ci && npm run build && npm link';

/** Of native code that is missing or does not load: the reason, where it is a plain one, and what to do. `arch`: this machine's. */
export function nativeRemedy(
  file: string,
  arch: string = process.arch,
): { readonly reason?: string; readonly hint: string } {
  if (existsSync(join(packageRoot, 'native/binding.gyp'))) return { hint: 'npm run build:native builds it' };
  const made = architectureOf(file);
  if (made !== undefined && made !== arch)
    return {
      reason: `this build of TLXC has no native code for linux-${arch}, only for linux-${made}`,
      hint: `install the package for ${arch}, or ${FROM_SOURCE}`,
    };
  return { hint: `it takes glibc 2.34 or later; for an older one ${FROM_SOURCE}` };
}

/** The version that package.json says. */
export const packageVersion = (): string =>
  (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }).version;

/** Where this package lies: the directory that holds bin/, config/, templates/ and native/. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Set by the bundler's banner in the bundled commands; absent when run from source or as the ES module library. */
declare const __tlxcPackageRoot: string | undefined;

export const packageRoot: string =
  typeof __tlxcPackageRoot === 'string' ? __tlxcPackageRoot : fileURLToPath(new URL('..', import.meta.url));

/** An executable that `npm run build` made. */
export const nativeFile = (name: string): string => join(packageRoot, 'native/build/Release', name);

/** What to do where native code is missing or does not load: a checkout builds it, a package was made with it. */
export const nativeRemedy = (): string =>
  existsSync(join(packageRoot, 'native/binding.gyp'))
    ? 'npm run build:native builds it'
    : `this package was made for one architecture and glibc 2.34 or later; this is ${process.arch}: install the package for it, or build it from source`;

/** The version that package.json says. */
export const packageVersion = (): string =>
  (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }).version;

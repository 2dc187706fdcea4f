/** Where this package lies: the directory that holds bin/, config/, templates/ and native/. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Set by the bundler's banner in the bundled commands; absent when run from source or as the ES module library. */
declare const __tlxcPackageRoot: string | undefined;

export const packageRoot: string =
  typeof __tlxcPackageRoot === 'string' ? __tlxcPackageRoot : fileURLToPath(new URL('..', import.meta.url));

/** An executable that `npm run build` made. */
export const nativeFile = (name: string): string => join(packageRoot, 'native/build/Release', name);

/** The version that package.json says. */
export const packageVersion = (): string =>
  (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }).version;

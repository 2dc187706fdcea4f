/** dist/name-rootfs.cjs, run by name-container.ts: what applyNaming takes, and a path whose filesystem is to be brought to disk, or "". */
import { writeSync } from 'node:fs';
import { syncFilesystem } from '../host/trees.ts';
import { applyNaming, type Naming } from './naming.ts';

const [, , naming = '', mounted = ''] = process.argv;
applyNaming(JSON.parse(naming) as Naming);
if (mounted !== '')
  syncFilesystem(mounted).catch((error: unknown) => {
    writeSync(2, `${(error as Error).message}\n`);
    process.exitCode = 1;
  });

/**
 * dist/name-rootfs.cjs, run by name-container.ts. Standard input is what applyNaming takes, which may be secret, and standard
 * output what it returns; the argument is a path whose filesystem is to be brought to disk, or "".
 */
import { readFileSync, writeSync } from 'node:fs';
import { syncFilesystem } from '../host/trees.ts';
import { applyNaming, type Naming } from './naming.ts';

const [, , mounted = ''] = process.argv;
const obstacle = applyNaming(JSON.parse(readFileSync(0, 'utf8')) as Naming);
if (obstacle !== null) writeSync(1, `${obstacle}\n`);
if (mounted !== '')
  syncFilesystem(mounted).catch((error: unknown) => {
    writeSync(2, `${(error as Error).message}\n`);
    process.exitCode = 1;
  });

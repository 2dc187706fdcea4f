/**
 * What create and destroy leave when they are killed: LXCPATH/.tlxc-staging-NAME (a container that never came to be) and
 * LXCPATH/.trash/* (containers that are gone already). The next create or destroy removes them.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SystemConfig } from '../config/model.ts';
import { removeTree } from '../host/trees.ts';
import { native } from '../native/binding.ts';
import { makeRunDir } from './lock.ts';
import { containerPaths, isName } from './paths.ts';

const STAGING = '.tlxc-staging-';

/** Where the container of that name is made; only who holds the container's lock may touch it. */
export const stagingPath = (lxcpath: string, name: string): string => join(lxcpath, STAGING + name);

/** Where destroyed containers go; anybody may remove what lies in it. */
export const trashPath = (lxcpath: string): string => join(lxcpath, '.trash');

/** Removes what dead commands left below lxcpath; what living ones work on is locked, and stays. */
export async function sweepLeftovers(system: SystemConfig, lxcpath: string): Promise<void> {
  if (!existsSync(lxcpath)) return;
  for (const entry of readdirSync(lxcpath)) {
    const name = entry.startsWith(STAGING) ? entry.slice(STAGING.length) : '';
    if (isName(name)) await sweepStaging(system, lxcpath, name);
  }
  await removeTree(trashPath(lxcpath));
}

async function sweepStaging(system: SystemConfig, lxcpath: string, name: string): Promise<void> {
  const paths = containerPaths(system, lxcpath, name);
  makeRunDir(paths);
  const lock = native().lock({ path: paths.lock, wait: false });
  if (typeof lock !== 'number') return;
  try {
    await removeTree(stagingPath(lxcpath, name));
  } finally {
    native().closeFd(lock);
  }
}

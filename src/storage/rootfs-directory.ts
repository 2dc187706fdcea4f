/** Directories made, and files removed, in a root filesystem that nobody runs: with rootfs-edit.ts' care. */
import { spawnSync } from 'node:child_process';
import { constants, lstatSync, mkdirSync, statSync, unlinkSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { PLAIN_ENVIRONMENT } from '../host/program.ts';
import { directoriesOf, findFile } from './layered-file.ts';
import { components, copyParents, own, withOpen } from './rootfs-edit.ts';

const { O_RDONLY, O_DIRECTORY } = constants;
const DIRECTORY = O_RDONLY | O_DIRECTORY;

/** Whether the path is there: a file, or something else than a directory that lacks it. */
export function hasRootfsFile(layers: readonly string[], path: string): boolean {
  const parts = components(path);
  if (!parts || directoriesOf(layers, parts).length < parts.length - 1) return false;
  const found = findFile(layers, parts);
  return found === null || found.file !== null;
}

const EXISTS = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EEXIST';

/** In the topmost layer; with the root directory's owner. Returns whether it is there. */
function makeIn(top: string, path: string, mode: number): boolean {
  const made = withOpen(top, dirname(path), DIRECTORY, (fd) => {
    try {
      mkdirSync(`/proc/self/fd/${fd}/${basename(path)}`);
      return true;
    } catch (error) {
      if (EXISTS(error)) return false;
      throw error;
    }
  });
  const give = (fd: number): boolean => {
    own(fd, statSync(top, { bigint: true }), mode);
    return true;
  };
  return made === true && withOpen(top, path, DIRECTORY, give) === true;
}

/** Makes the directory with the mode, and those above it that are missing. One that is there stays as it is. */
export function makeRootfsDirectory(layers: readonly string[], path: string, mode: number): boolean {
  const parts = components(path);
  const [top = ''] = layers;
  if (!parts) return false;
  const there = directoriesOf(layers, parts);
  if (!copyParents(top, parts.slice(0, there.length), there)) return false;
  const missing = parts.slice(there.length).map((_, index) => parts.slice(0, there.length + index + 1));
  return missing.every((place) => makeIn(top, place.join('/'), place.length === parts.length ? mode : 0o755));
}

/** Of a layer below, a file is hidden by a whiteout, as overlayfs makes them. Returns whether it is gone. */
export function removeRootfsFile(layers: readonly string[], path: string): boolean {
  const parts = components(path);
  const found = parts && findFile(layers, parts);
  if (!parts || !found?.file) return true;
  const [top = ''] = layers;
  if (!copyParents(top, parts, found.parents)) return false;
  const place = parts.join('/');
  const gone = withOpen(top, dirname(place), DIRECTORY, (fd) => {
    const name = `/proc/self/fd/${fd}/${basename(place)}`;
    if (lstatSync(name, { throwIfNoEntry: false }) !== undefined) unlinkSync(name);
    return findFile(layers, parts)?.file === null || hide(fd, basename(place));
  });
  return gone === true;
}

/** Node makes no such nodes. */
const hide = (directory: number, name: string): boolean =>
  spawnSync('mknod', [`/proc/self/fd/3/${name}`, 'c', '0', '0'], {
    stdio: ['ignore', 'ignore', 'ignore', directory],
    env: PLAIN_ENVIRONMENT,
    timeout: 10_000,
  }).status === 0;

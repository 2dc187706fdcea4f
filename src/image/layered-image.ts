/** Images of layers that they share: each layer is stored once, as overlayfs has it, whichever images begin with it. */
import { basename, dirname, join } from 'node:path';
import { mounting } from '../host/mounting.ts';
import type { Tree } from './manifest.ts';

/** What is kept of them in image.json, where the layers' own notes of who needs them find it. */
export interface LayerRecord {
  /** Their trees, CACHEDIR/images/ID/rootfs, topmost first. */
  readonly paths: readonly string[];
  /** Of all of them. */
  readonly bytes: number;
  readonly members: number;
}

/** mount(8) gives the kernel all options in one page. */
const MAX_OPTIONS = 3500;

/** Whether so many layers at such paths can be mounted for a program that reads them. */
export const canStack = (paths: readonly string[]): boolean => paths.join(':').length < MAX_OPTIONS;

export interface Stacking {
  /** Topmost first. */
  readonly lowers: readonly string[];
  /** Where what is written goes, and an empty directory beside it. Absent: nothing is. */
  readonly upper?: string;
  readonly work?: string;
  readonly target: string;
}

/** Words that mount the layers as one tree for the program that follows them. */
export function stacking({ lowers, upper, work, target }: Stacking): readonly string[] {
  const [single] = lowers;
  if (lowers.length === 1 && single !== undefined && upper === undefined)
    return mounting({ fstype: 'none', options: 'bind,ro', source: single, target });
  const written = upper === undefined ? 'ro,' : `upperdir=${upper},workdir=${work},`;
  const options = `${written}lowerdir=${lowers.join(':')},redirect_dir=off,metacopy=off,index=off`;
  return mounting({ fstype: 'overlay', options, source: 'overlay', target });
}

/** Where all layers are one tree for who reads them: one alone is a tree as it is, several are mounted for a program. */
export const layeredRoot = (directory: string, lowers: readonly string[]): string =>
  (lowers.length === 1 ? lowers[0] : undefined) ?? join(directory, 'mnt');

/** That tree. */
export function layeredTree(directory: string, lowers: readonly string[]): Tree & { readonly root: string } {
  const root = layeredRoot(directory, lowers);
  if (lowers.length === 1) return { directory: dirname(root), mapping: null, root };
  return { directory, mapping: null, root, words: stacking({ lowers, target: root }) };
}

/** The id of the stored layer whose tree that is. */
export const layerIdOf = (path: string): string => basename(dirname(path));

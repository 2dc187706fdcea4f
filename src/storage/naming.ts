/** How a root filesystem made of layers gets its name: as data, for a process that may run with other ids. */
import { nameCopy, nameRootfs, renameRootfs, type CopyIdentity, type Identity } from './rootfs-files.ts';

export interface NewNaming extends Identity {
  readonly kind: 'new';
  readonly layers: readonly string[];
}

export interface CopyNaming extends CopyIdentity {
  readonly kind: 'copy';
  readonly layers: readonly string[];
}

export interface Renaming {
  readonly kind: 'other name';
  readonly layers: readonly string[];
  readonly name: string;
}

export type Naming = NewNaming | CopyNaming | Renaming;

/** Returns why its cloud-init cannot be told what it is to be told; null: it is. */
export function applyNaming(naming: Naming): string | null {
  if (naming.kind === 'new') return nameRootfs(naming.layers, naming);
  if (naming.kind === 'copy') return nameCopy(naming.layers, naming);
  renameRootfs(naming.layers, naming.name);
  return null;
}

/** How a root filesystem made of layers gets its name: as data, for a process that may run with other ids. */
import { nameCopy, nameRootfs, type CopyIdentity, type Identity } from './rootfs-files.ts';

export interface NewNaming extends Identity {
  readonly kind: 'new';
  readonly layers: readonly string[];
}

export interface CopyNaming extends CopyIdentity {
  readonly kind: 'copy';
  readonly layers: readonly string[];
}

export type Naming = NewNaming | CopyNaming;

/** Returns why its cloud-init cannot be told what it is to be told; null: it is. */
export const applyNaming = (naming: Naming): string | null =>
  naming.kind === 'new' ? nameRootfs(naming.layers, naming) : nameCopy(naming.layers, naming);

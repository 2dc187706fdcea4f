/** How a root filesystem made of layers gets its name: as data, for a process that may run with other ids. */
import { nameCopy, nameRootfs, type Identity } from './rootfs-files.ts';

export interface NewNaming extends Identity {
  readonly kind: 'new';
  readonly layers: readonly string[];
}

export interface CopyNaming {
  readonly kind: 'copy';
  readonly layers: readonly string[];
  /** null: it keeps its name. */
  readonly name: string | null;
  readonly keepMachineId: boolean;
}

export type Naming = NewNaming | CopyNaming;

export function applyNaming(naming: Naming): void {
  if (naming.kind === 'new') nameRootfs(naming.layers, naming);
  else nameCopy(naming.layers, naming.name, naming.keepMachineId);
}

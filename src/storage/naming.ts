/** How a root filesystem made of layers gets its name: as data, for a process that may run with other ids. */
import { nameCopy, nameRootfs, type Identity } from './rootfs-files.ts';

export type Naming =
  | ({ readonly kind: 'new'; readonly layers: readonly string[] } & Identity)
  | {
      readonly kind: 'copy';
      readonly layers: readonly string[];
      /** null: it keeps its name. */
      readonly name: string | null;
      readonly keepMachineId: boolean;
    };

export function applyNaming(naming: Naming): void {
  if (naming.kind === 'new') nameRootfs(naming.layers, naming);
  else nameCopy(naming.layers, naming.name, naming.keepMachineId);
}

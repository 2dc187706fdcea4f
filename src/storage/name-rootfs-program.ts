/** dist/name-rootfs.cjs, run by name-container.ts: one argument, what nameRootfs takes. */
import { nameRootfs } from './rootfs-files.ts';

interface Naming {
  readonly layers: readonly string[];
  readonly name: string;
  readonly templates: readonly string[];
}

const { layers, name, templates } = JSON.parse(process.argv[2] ?? '') as Naming;
nameRootfs(layers, name, templates);

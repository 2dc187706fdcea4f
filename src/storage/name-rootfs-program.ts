/** dist/name-rootfs.cjs, run by name-container.ts: one argument, what applyNaming takes. */
import { applyNaming, type Naming } from './naming.ts';

applyNaming(JSON.parse(process.argv[2] ?? '') as Naming);

/** How a program of the host gets to see a root filesystem that has to be mounted for it. */
import { join } from 'node:path';
import { TlxcError } from '../errors.ts';
import { mounting } from '../host/mounting.ts';
import { probeHost } from '../host/probe.ts';
import { overlayNotes } from '../host/user-namespace.ts';

export interface View {
  /**
   * To be put before a program's own words: they mount what has to be, in a mount namespace that ends with the program,
   * however that ends. [] where nothing has to be mounted.
   */
  readonly words: readonly string[];
  /** The directories that make it up, topmost first. */
  readonly layers: readonly string[];
  /** Directories and read-only image files that hold all of it, topmost first: an overlay lies over those, not over where they are mounted. */
  readonly lowers?: readonly string[];
}

/** A tree that lies there. */
export const plainView = (directory: string): View => ({ words: [], layers: [directory] });

/** overlayfs parts its options by commas and layers by colons; mount(8) knows no way to write those in a path. */
const UNWRITABLE = /[,:\\"]/;

function refuseUnwritable(paths: readonly string[]): void {
  const odd = paths.find((path) => UNWRITABLE.test(path));
  if (odd === undefined) return;
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: `the overlay cannot be mounted: ${odd} has a comma, colon, quote or backslash`,
    path: odd,
    hint: 'keep containers and images in directories without these',
  });
}

const attributes = (): string =>
  overlayNotes(probeHost())
    .map((option) => `,${option}`)
    .join('');

/** The same as one tree to be read: an overlay is mounted at `mountPoint`. Throws TLXC_E_UNSUPPORTED. */
export function asOneTree(view: View, mountPoint: () => string): View {
  if (view.layers.length === 1) return view;
  const target = mountPoint();
  refuseUnwritable(view.layers);
  const options = `ro,lowerdir=${view.layers.join(':')}${attributes()}`;
  const words = [...view.words, ...mounting({ fstype: 'overlay', options, source: 'overlay', target })];
  return { words, layers: [target] };
}

/** One tree that is written as the container would: of a container that is being made in `staging`. Throws TLXC_E_UNSUPPORTED. */
export function asWritableTree(view: View, staging: string, target: string): View {
  if (view.layers.length === 1) return view;
  refuseUnwritable([staging, ...view.layers]);
  const [upper = '', ...lower] = view.layers;
  const work = join(staging, 'overlay/work');
  const options = `lowerdir=${lower.join(':')},upperdir=${upper},workdir=${work}${attributes()}`;
  const words = [...view.words, ...mounting({ fstype: 'overlay', options, source: 'overlay', target })];
  return { words, layers: [target] };
}

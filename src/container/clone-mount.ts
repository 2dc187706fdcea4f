/** Where clone hooks find the new root filesystem: mounted in a mount namespace that ends with the hook. */
import { join } from 'node:path';
import { TlxcError } from '../errors.ts';
import { probeHost } from '../host/probe.ts';
import { overAllIds } from '../host/trees.ts';

/** overlayfs parts its options by commas and layers by colons; mount(8) knows no way to write those in a path. */
const UNWRITABLE = /[,:\\"]/;

/**
 * Words to run a program with, so that it may change the new root filesystem (a plain user's belongs to subordinate ids)
 * and sees the layers (topmost first) as one tree at `mounted`. One layer lies there already.
 */
export function cloneHookWords(
  layers: readonly string[],
  staging: string,
  mounted: string,
): readonly string[] {
  if (layers.length === 1) return overAllIds([]);
  const [upper = '', ...lower] = layers;
  const odd = [staging, ...layers].find((path) => UNWRITABLE.test(path));
  if (odd !== undefined) {
    throw new TlxcError({
      code: 'TLXC_E_UNSUPPORTED',
      message: `the copy cannot be mounted for its clone hooks: ${odd} has a comma, colon, quote or backslash`,
      path: odd,
      hint: 'keep containers and images in directories without these',
    });
  }
  const attributes = probeHost().user === null ? '' : ',userxattr';
  const options = `lowerdir=${lower.join(':')},upperdir=${upper},workdir=${join(staging, 'overlay/work')}${attributes}`;
  const mount = 'mount -t overlay -o "$1" overlay "$2" && shift 2 && exec "$@"';
  const unshare = ['unshare', '--mount', '--propagation', 'private'];
  return overAllIds([...unshare, 'sh', '-c', mount, 'mount', options, mounted]);
}

/** What is meant where a person named an image in part, or not at all, and cannot be asked. */
import { usageError } from '../../errors.ts';
import { debianArch, type Wanted } from '../product.ts';
import type { DownloadOptions } from './download-options.ts';

type Named = Pick<DownloadOptions, 'dist' | 'release' | 'arch' | 'variant'>;

/** Fills in the host's own distribution, release and architecture; throws TLXC_E_USAGE where that makes no sense. */
export function completeWanted(named: Named, host: Wanted): Wanted {
  const dist = named.dist.toLowerCase() || host.dist;
  const release = named.release || (dist === host.dist ? host.release : '');
  const missing = dist === '' ? 'distribution (-d)' : release === '' ? 'release (-r)' : '';
  if (missing !== '') {
    throw usageError(
      `template download: the ${missing} is missing${dist === '' ? '' : ` for ${dist}`}`,
      `what there is: tlxc-create -n NAME -t download -- --list${dist === '' ? '' : ` -d ${dist}`}`,
    );
  }
  return { dist, release, arch: debianArch(named.arch || host.arch), variant: named.variant };
}

/** The host as a program sees it. */
import type { Finding } from '../../host/finding.ts';
import { explainDenials as explain, type DenialOptions, type Denials } from '../denials.ts';
import { examineHost as examine } from '../doctor.ts';
import { placeOf, type StoreOptions } from './place.ts';

/** What of this host stands in the way of containers, each with what mends it (tlxc-doctor). */
export function examineHost(options: StoreOptions = {}): Promise<Finding[]> {
  return examine(placeOf(options));
}

/**
 * What AppArmor and seccomp have refused to the containers of a store, each with the line that would allow it (tlxc-doctor --denials).
 * Throws TLXC_E_PERMISSION for who may not read the kernel's records; TLXC_E_NOT_FOUND where a file given is not there.
 */
export function explainDenials({ name, file, ...options }: StoreOptions & DenialOptions = {}): Denials {
  return explain(placeOf(options), {
    ...(name !== undefined && { name }),
    ...(file !== undefined && { file }),
  });
}

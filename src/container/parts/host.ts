/** The host as a program sees it. */
import type { Finding } from '../../host/finding.ts';
import { examineHost as examine } from '../doctor.ts';
import { placeOf, type StoreOptions } from './place.ts';

/** What of this host stands in the way of containers, each with what mends it (tlxc-doctor). */
export function examineHost(options: StoreOptions = {}): Promise<Finding[]> {
  return examine(placeOf(options));
}

/** What goes with -B of tlxc-create and tlxc-copy. */
import type { VolumeOptions } from '../storage/backend.ts';
import { parseSize } from '../storage/size.ts';
import type { Invocation } from './command.ts';

/** Those that were given. Throws TLXC_E_USAGE for a size that is none. */
export function volumeOptions(options: Invocation['options']): VolumeOptions {
  const text = (name: string): string | undefined =>
    typeof options[name] === 'string' ? options[name] : undefined;
  const [fssize, fstype] = [text('fssize'), text('fstype')];
  return {
    ...(fssize !== undefined && { fssize: parseSize(fssize) }),
    ...(fstype !== undefined && { fstype }),
  };
}

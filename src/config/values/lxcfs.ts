/** tlxc.mount.lxcfs */
import { accepting, BadValue } from '../key.ts';
import type { LxcfsUse } from '../model.ts';

export const LXCFS_WORDS: Readonly<Record<LxcfsUse, string>> = { auto: 'auto', no: '0', yes: '1' };

const USES = Object.keys(LXCFS_WORDS) as readonly LxcfsUse[];

export const lxcfs = accepting({ words: Object.values(LXCFS_WORDS) }, (value: string): LxcfsUse => {
  const use = USES.find((each) => LXCFS_WORDS[each] === value);
  if (use !== undefined) return use;
  throw new BadValue('it must be auto, 0 or 1');
});

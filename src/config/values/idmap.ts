/** Id maps. lxc.idmap */
import { accepting, BadValue } from '../key.ts';
import type { IdMap } from '../model.ts';

/** 4294967295 means "no id" to the kernel. */
const IDS = 0xffff_ffff;

/** "u 0 100000 65536": kind, first id inside, first id on the host, how many. */
export const idMap = accepting({ pattern: '[ug](\\s+\\d{1,10}){3}' }, (value: string): IdMap => {
  const [, letter, ...numbers] = /^([ug])\s+(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})$/.exec(value) ?? [];
  if (letter === undefined) {
    throw new BadValue('it must be "u" or "g", the first id inside, the first id on the host, and how many');
  }
  const [inside = 0, outside = 0, count = 0] = numbers.map(Number);
  if (count === 0)
    throw new BadValue('it maps no id: the last number must be at least 1', {
      offset: value.length - 1,
      word: '0',
    });
  if (inside + count > IDS || outside + count > IDS) throw new BadValue('it leads beyond id 4294967294');
  return { kind: letter === 'u' ? 'uid' : 'gid', inside, outside, count };
});

export const showIdMap = ({ kind, inside, outside, count }: IdMap): string =>
  `${kind === 'uid' ? 'u' : 'g'} ${inside} ${outside} ${count}`;

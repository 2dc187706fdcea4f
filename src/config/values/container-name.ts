/** Names of containers. */
import { accepting, BadValue } from '../key.ts';
import { words } from './plain.ts';

export const CONTAINER_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

/** What the pattern says, for people. */
export const NAME_RULE =
  'a name is 1 to 63 letters, digits, "_", "." or "-", and begins with a letter or digit';

const SEVERAL = { pattern: CONTAINER_NAME.source.slice(1, -1), several: true } as const;

/** Parted by blanks. */
export const containerNames = accepting(SEVERAL, (value: string): readonly string[] => {
  const wrong = words(value).find((word) => !CONTAINER_NAME.test(word));
  if (wrong !== undefined) throw new BadValue(`${wrong} is no container name: ${NAME_RULE}`, { word: wrong });
  return words(value);
});

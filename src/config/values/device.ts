/** A device of the host's that the container has, or all of a class. tlxc.device */
import { deviceClasses, isDeviceClass } from '../../device-classes.ts';
import { accepting, BadValue } from '../key.ts';
import type { DeviceConfig } from '../model.ts';
import { words } from './plain.ts';

/** "/dev//cam" -> "/dev/cam"; undefined for what names no file of the container's. */
export function placeInside(path: string): string | undefined {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  const isPlace = path.startsWith('/') && parts.length > 0 && !parts.includes('..');
  return isPlace ? `/${parts.join('/')}` : undefined;
}

function placeOf(word: string): string {
  const place = placeInside(word);
  if (place !== undefined) return place;
  throw new BadValue(`'${word}' is no place for a device: an absolute path in the container, without ".."`, {
    word,
  });
}

/** What the line begins with. */
function deviceOf(word: string): string {
  if (isDeviceClass(word)) return word;
  if (word.startsWith('/')) return placeOf(word);
  throw new BadValue(`'${word}' is neither the path of a device nor one of ${deviceClasses.join(', ')}`, {
    word,
    allowed: deviceClasses,
  });
}

type Options = Pick<DeviceConfig, 'optional' | 'mode' | 'uid' | 'gid'>;

function optionsOf(text: readonly string[]): Options {
  const options = { optional: false, mode: -1, uid: -1, gid: -1 };
  for (const word of text) {
    const [, name, value = ''] = /^(mode|uid|gid)=(\d{1,10})$/.exec(word) ?? [];
    if (word === 'optional') options.optional = true;
    else if (name === 'mode' && /^0?[0-7]{3}$/.test(value)) options.mode = Number.parseInt(value, 8);
    else if ((name === 'uid' || name === 'gid') && Number(value) < 2 ** 32 - 1) options[name] = Number(value);
    else throw new BadValue(`'${word}' is none of optional, mode=0660, uid=1000, gid=1000`, { word });
  }
  return options;
}

/** DEVICE [-> PLACE] [optional] [mode=MODE] [uid=UID] [gid=GID] */
export const device = accepting(
  {
    pattern: `(${deviceClasses.join('|')}|/\\S+)([ \\t]*->[ \\t]*/\\S+)?([ \\t]+(optional|(mode|uid|gid)=[0-9]+))*`,
  },
  (value: string): DeviceConfig => {
    const [left = '', right, more] = value.split('->').map(words);
    const [first = '', ...rest] = left;
    if (right === undefined) return { device: deviceOf(first), inside: '', ...optionsOf(rest) };
    const [place = '', ...options] = right;
    if (more !== undefined || rest.length > 0 || place === '')
      throw new BadValue('it must be DEVICE or DEVICE -> PLACE, and then what is said of it');
    if (isDeviceClass(first))
      throw new BadValue(`a class has no place: ${first} stands where the host has it`);
    return { device: deviceOf(first), inside: placeOf(place), ...optionsOf(options) };
  },
);

export function showDevice({ device: what, inside, optional, mode, uid, gid }: DeviceConfig): string {
  const said = [
    ...(inside === '' ? [] : ['->', inside]),
    ...(optional ? ['optional'] : []),
    ...(mode < 0 ? [] : [`mode=0${mode.toString(8).padStart(3, '0')}`]),
    ...(uid < 0 ? [] : [`uid=${uid}`]),
    ...(gid < 0 ? [] : [`gid=${gid}`]),
  ];
  return [what, ...said].join(' ');
}

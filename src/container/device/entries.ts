/** The lines of a configuration file that bring one file or device of the host's into the container. */
import { existsSync } from 'node:fs';
import { ConfigDocument } from '../../config/document.ts';
import { BadValue } from '../../config/key.ts';
import { readConfigFile } from '../../config/read-file.ts';
import { device } from '../../config/values/device.ts';
import { mountEntry } from '../../config/values/mount.ts';
import { isDeviceClass } from '../../device-classes.ts';

/** What tlxc-device --saved writes, and what it wrote before, as people do for LXC. */
const KEYS = ['tlxc.device', 'lxc.mount.entry'] as const;

export interface BroughtFile {
  readonly key: (typeof KEYS)[number];
  /** Its value. */
  readonly line: string;
  readonly source: string;
  /** In the container, with a leading slash. */
  readonly inside: string;
}

type Ends = Pick<BroughtFile, 'source' | 'inside'>;

/** undefined: it brings none, or more than one. */
const ENDS: Readonly<Record<BroughtFile['key'], (line: string) => Ends | undefined>> = {
  'tlxc.device': (line) => {
    const { device: source, inside } = device(line);
    return isDeviceClass(source) ? undefined : { source, inside: inside || source };
  },
  'lxc.mount.entry': (line) => {
    const { source, target, options } = mountEntry(line, { warn: () => undefined });
    return options.includes('bind') ? { source, inside: `/${target.replace(/^\/+/, '')}` } : undefined;
  },
};

function broughtFile(key: BroughtFile['key'], line: string): readonly BroughtFile[] {
  try {
    const ends = ENDS[key](line);
    return ends === undefined ? [] : [{ key, line, ...ends }];
  } catch (error) {
    if (error instanceof BadValue) return []; // a start says what is wrong with it
    throw error;
  }
}

/** Those of a key in the order written; what the file includes is not looked at. */
export const broughtFiles = (document: ConfigDocument): readonly BroughtFile[] =>
  KEYS.flatMap((key) => document.values(key).flatMap((line) => broughtFile(key, line)));

/** The host's file that the configuration brings there; undefined where it does not, or there is none. */
export function broughtFrom(configFile: string, inside: string): string | undefined {
  if (!existsSync(configFile)) return undefined;
  const document = ConfigDocument.parse(readConfigFile(configFile).text, configFile);
  return broughtFiles(document).findLast((each) => each.inside === inside)?.source;
}

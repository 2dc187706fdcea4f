/** The lines of a configuration file that bind a file of the host's into the container. */
import { existsSync } from 'node:fs';
import { ConfigDocument } from '../../config/document.ts';
import { BadValue } from '../../config/key.ts';
import { readConfigFile } from '../../config/read-file.ts';
import { mountEntry } from '../../config/values/mount.ts';

export interface BoundFile {
  /** The value of its lxc.mount.entry. */
  readonly line: string;
  readonly source: string;
  /** In the container, with a leading slash. */
  readonly inside: string;
}

function boundFile(line: string): readonly BoundFile[] {
  try {
    const { source, target, options } = mountEntry(line, { warn: () => undefined });
    return options.includes('bind') ? [{ line, source, inside: `/${target.replace(/^\/+/, '')}` }] : [];
  } catch (error) {
    if (error instanceof BadValue) return []; // a start says what is wrong with it
    throw error;
  }
}

/** In the order written; what the file includes is not looked at. */
export const boundFiles = (document: ConfigDocument): readonly BoundFile[] =>
  document.values('lxc.mount.entry').flatMap(boundFile);

/** The host's file that the configuration binds there; undefined where it does not, or there is none. */
export function boundFrom(configFile: string, inside: string): string | undefined {
  if (!existsSync(configFile)) return undefined;
  const document = ConfigDocument.parse(readConfigFile(configFile).text, configFile);
  return boundFiles(document).findLast((each) => each.inside === inside)?.source;
}

/** The image that a container was made from, as tlxc-create has written it down (headerLines). */
import { readConfigFile } from '../../config/read-file.ts';
import type { ContainerPaths } from '../paths.ts';

export interface MadeFrom {
  /** debian/bookworm/amd64/default 20260913_05:24 */
  readonly name: string;
  /** The server, registry, archive or template; "": not written down. */
  readonly origin: string;
  /** The pinned key that had signed it; null: none was pinned. */
  readonly signedBy: string | null;
  /** What tlxc-image calls it. */
  readonly sha256: string;
}

/** As headerLines has written it. */
function plain(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return text;
  }
}

/** null: it was made from none, or by something else, or cannot be read. Copies have their source's. */
export function madeFrom({ config }: Pick<ContainerPaths, 'config'>): MadeFrom | null {
  let text: string;
  try {
    ({ text } = readConfigFile(config));
  } catch {
    return null;
  }
  const [, name, sha256] = /^# Image: (.*) sha256:([0-9a-f]{64})$/m.exec(text) ?? [];
  if (name === undefined || sha256 === undefined) return null;
  const noted = (label: string): string =>
    plain(new RegExp(`^# Image ${label}: (.*)$`, 'm').exec(text)?.[1] ?? '');
  return { name: plain(name), origin: noted('origin'), signedBy: noted('signed by') || null, sha256 };
}

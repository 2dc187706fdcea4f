/** The configuration of a copy: the source's, with what must be its own. Pure. */
import { ConfigDocument } from '../../config/document.ts';
import { randomHardwareAddress } from '../../config/hwaddr.ts';
import { RANGE_SIZE } from '../id-ranges.ts';

export interface CopyIdentity {
  /** The source's configuration file, as it is written. */
  readonly text: string;
  readonly file: string;
  readonly sourceDir: string;
  readonly dir: string;
  /** The host name; null: as in the source. */
  readonly name: string | null;
  /** null: the source has none. */
  readonly rootfsPath: string | null;
  /** The first id of a range of its own; null: the source's map is kept. */
  readonly firstId: number | null;
  readonly keepMac: boolean;
  /** Added at the end. */
  readonly lines?: readonly (readonly [key: string, value: string])[];
}

// A pattern that is used twice takes V8 longer than all the rest of a copy's configuration: words are looked for before one.

/** Keys whose values name files of the container's own directory. */
const NAMES_FILES = /^lxc\.(hook\.(?!version)|mount\.(fstab|entry)$|console\.logfile$|log\.file$)/;

function moveFiles(document: ConfigDocument, from: string, to: string): void {
  for (const { key, value } of document.entries()) {
    if (value.includes(`${from}/`) && NAMES_FILES.test(key))
      document.replace(key, value, value.replaceAll(`${from}/`, `${to}/`));
  }
}

function newAddresses(document: ConfigDocument): void {
  for (const { key, value } of document.entries()) {
    if (key.endsWith('.hwaddr') && value !== '' && /^lxc\.net\.\d+\.hwaddr$/.test(key))
      document.replace(key, value, randomHardwareAddress('10:66:6a:xx:xx:xx'));
  }
  // What DHCP gives the source it cannot give the copy.
  for (const { key } of document.entries())
    if (key.endsWith('.lease') && /^tlxc\.net\.\d+\.ipv[46]\.lease$/.test(key)) document.remove(key);
}

/** The text of the copy's configuration: comments, order and includes stay. */
export function copiedConfig(identity: CopyIdentity): string {
  const { text, file, sourceDir, dir, name, rootfsPath, firstId, keepMac, lines = [] } = identity;
  const document = ConfigDocument.parse(text, file);
  moveFiles(document, sourceDir, dir);
  if (rootfsPath !== null) document.set('lxc.rootfs.path', rootfsPath);
  if (name !== null) document.set('lxc.uts.name', name);
  if (!keepMac) newAddresses(document);
  if (firstId !== null) {
    document.remove('lxc.idmap');
    for (const kind of ['u', 'g']) document.append('lxc.idmap', `${kind} 0 ${firstId} ${RANGE_SIZE}`);
  }
  for (const [key, value] of lines) document.append(key, value);
  return document.toString();
}

/** Files of the source's directory that its configuration names: hook programs, an fstab. Without those below rootfs. */
export function ownFiles({
  text,
  file,
  sourceDir,
}: Pick<CopyIdentity, 'text' | 'file' | 'sourceDir'>): string[] {
  const words = ConfigDocument.parse(text, file)
    .entries()
    .filter(
      ({ key, value }) =>
        value.includes(`${sourceDir}/`) && /^lxc\.(hook\.(?!version)|mount\.fstab$)/.test(key),
    )
    .flatMap(({ value }) => value.split(/\s+/));
  const names = words.flatMap((word) =>
    word.startsWith(`${sourceDir}/`) ? [word.slice(sourceDir.length + 1)] : [],
  );
  return [...new Set(names)].filter((name) => !name.includes('/') && name !== '..');
}

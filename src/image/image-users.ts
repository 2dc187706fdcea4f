/** Which containers are made from an image: notes in IMAGE/users/, each worth as much as the container's own configuration. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { writeFileAtomically, type WriteOptions } from '../config/atomic-write.ts';
import { readConfigFile } from '../config/read-file.ts';
import { removeFile } from '../remove-file.ts';

/** A container is made in STAGING and then has its configuration in CONFIG. */
export interface ImageUser {
  readonly staging: string;
  readonly config: string;
}

/** A file's name has 255 bytes at most, and with a dot and more of it before it is there. */
const LONGEST = 200;

/** The two paths as they are, where they make a file's name: node:crypto takes 4 ms to load. */
function noteName({ staging, config }: ImageUser): string {
  const name = [staging, config].map(encodeURIComponent).join(',');
  return name.length <= LONGEST ? name : createHash('sha256').update(name).digest('hex');
}

/** Writes the note; false: the image is not there (any more). */
export function noteUser(
  image: string,
  user: ImageUser,
  how: Pick<WriteOptions, 'syncedWith'> = {},
): boolean {
  const users = join(image, 'users');
  const file = noteName(user);
  try {
    // Not with its parents: an image that is removed just now must not come back as an empty directory.
    if (!existsSync(users)) mkdirSync(users, { mode: 0o700 });
    writeFileAtomically(join(users, file), JSON.stringify(user), { mode: 0o600, ...how });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return noteUser(image, user, how);
    if (code === 'ENOENT') return false;
    throw error;
  }
}

function noteFiles(image: string): readonly string[] {
  const users = join(image, 'users');
  return existsSync(users) ? readdirSync(users).filter((name) => !name.startsWith('.')) : [];
}

/** undefined: it was forgotten just now. */
function noteAt(file: string): ImageUser | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ImageUser;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Everybody noted, whether or not there is such a container now. */
const notes = (image: string): readonly ImageUser[] =>
  noteFiles(image).flatMap((name) => noteAt(join(image, 'users', name)) ?? []);

/** Those that need the image's tree: containers whose configuration names it, and such as are being made. */
export const livingUsers = (image: string, id: string): ImageUser[] =>
  notes(image).filter((user) => isUsed(id, user));

/** All containers that were noted: where such are looked for that nobody noted. */
export const notedUsers = (image: string): ImageUser[] => notes(image).filter(isContainer);

/** Of a layer, an image is a user as well: its image.json names the layer's tree. */
export const isContainer = ({ config }: ImageUser): boolean => basename(config) === 'config';

/** Where the container of this directory lies, or the one whose snapshot it is: CT/snaps/NAME. */
export const lxcpathOf = (dir: string): string =>
  basename(dirname(dir)) === 'snaps' ? dirname(dirname(dirname(dir))) : dirname(dir);

/**
 * Forgets those whose configuration was in `dir`; the caller knows that it is gone, and that nobody makes another there. The last
 * note of a store stays: by it the store is known, and with it containers there that nobody noted.
 */
export function forgetBelow(image: string, dir: string): void {
  const configs = new Map(
    noteFiles(image).map((file) => [join(image, 'users', file), configOf(image, file)]),
  );
  const isBelow = (config: string): boolean => config.startsWith(`${dir}/`);
  const gone = [...configs].filter(([, config]) => isBelow(config)).map(([file]) => file);
  const isOther = (config: string): boolean =>
    !isBelow(config) && lxcpathOf(dirname(config)) === lxcpathOf(dir);
  const isKnown = [...configs.values()].some(isOther);
  for (const file of isKnown ? gone : gone.slice(1)) removeFile(file);
}

/** What a note tells by its name, or, where that is a digest, within. */
function configOf(image: string, file: string): string {
  const [, config] = file.split(',');
  return config === undefined
    ? (noteAt(join(image, 'users', file))?.config ?? '')
    : decodeURIComponent(config);
}

/**
 * A container that is being made may yet need the tree; one that exists says in its configuration whether it does; one
 * whose store is not there (a disk that is not mounted) may come back with it.
 */
function isUsed(id: string, { staging, config }: ImageUser): boolean {
  return existsSync(staging) || !existsSync(lxcpathOf(dirname(config))) || namesImage(config, id);
}

/** Whether a container's configuration has the image's tree below its own. */
const namesImage = (config: string, id: string): boolean =>
  existsSync(config) && readConfigFile(config).text.includes(`/images/${id}/`);

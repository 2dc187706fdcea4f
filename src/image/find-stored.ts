/** The stored image that a person means: by its name or the beginning of one, or by its digest. */
import { TlxcError, usageError } from '../errors.ts';
import { parseReference } from './oci/reference.ts';
import type { ImageStore, StoredImage } from './store.ts';
import { imageName, namesOf, referenceName } from './stored-image.ts';

/** Shorter beginnings of a digest are more likely a name. */
const DIGEST = /^[0-9a-f]{6,64}$/;

const buildOf = ({ info }: StoredImage): string =>
  namesOf(info.source)?.build || new Date(info.createdAt).toISOString().replaceAll('-', '');

/** Of images of one name, the newest build. Throws TLXC_E_NOT_FOUND, TLXC_E_USAGE where the word may mean several. */
export function findStored(store: ImageStore, asked: string): StoredImage {
  const word = nameOfReference(asked) ?? asked;
  const images = store.list();
  const byDigest = DIGEST.test(word) ? images.filter(({ info }) => info.id.startsWith(word)) : [];
  const named = images.filter(({ info }) => isCalled(imageName(info), word) || isRelease(info.source, word));
  // Who wrote all of a name means that, whatever else begins so.
  const exact = named.filter(({ info }) => imageName(info) === word);
  const found = [exact, byDigest, named].find((each) => each.length > 0) ?? [];
  const names = new Set(found.map(({ info }) => imageName(info)));
  if ((found === byDigest && byDigest.length > 1) || names.size > 1) throw ambiguous(word, found);
  const newest = found.sort((a, b) => buildOf(b).localeCompare(buildOf(a)))[0];
  if (newest) return newest;
  throw new TlxcError({
    code: 'TLXC_E_NOT_FOUND',
    message: `the store has no image ${JSON.stringify(asked)}`,
    hint: 'what it has: tlxc-image list; what servers have: tlxc-image list --remote',
  });
}

/** As a pull would have called it: docker://debian is docker.io/library/debian:latest. null: it is no registry's. */
const nameOfReference = (word: string): string | null =>
  /^(docker|https?):\/\//.test(word) ? referenceName(parseReference(word, '/').title) : null;

/** debian/bookworm is debian/bookworm/amd64/default, too. */
const isCalled = (name: string, word: string): boolean => name === word || name.startsWith(`${word}/`);

/** debian/12, where the server said that this is bookworm. */
const isRelease = (source: StoredImage['info']['source'], word: string): boolean =>
  source.kind === 'download' &&
  source.releaseAliases.some((alias) =>
    isCalled([source.dist, alias, source.arch, source.variant].join('/'), word),
  );

function ambiguous(word: string, found: readonly StoredImage[]): TlxcError {
  const names = found.map(({ info }) => `${imageName(info)} (${info.id.slice(0, 12)})`);
  return usageError(
    `${JSON.stringify(word)} may mean several images`,
    `write more of one: ${names.sort().join(', ')}`,
  );
}

/** What a person calls an OCI image: the transports of LXC's oci template and of the tools around it. Pure. */
import { resolve } from 'node:path';
import type { TlxcError } from '../../errors.ts';
import { usageError } from '../../errors.ts';
import { DIGEST } from './documents.ts';

export type ImageReference =
  | {
      readonly kind: 'registry';
      /** Where its API is, with a final slash: https://registry-1.docker.io/ */
      readonly base: URL;
      /** As people and credentials files name it: docker.io, registry.example.org:5000. */
      readonly registry: string;
      readonly repository: string;
      readonly tag: string;
      /** "sha256:…"; null: the tag decides. */
      readonly digest: string | null;
      /** In full: docker://docker.io/library/debian:12. */
      readonly title: string;
    }
  | {
      /** oci: an image layout's directory; oci-archive: a tar of one; docker-archive: what docker save writes. */
      readonly kind: 'oci' | 'oci-archive' | 'docker-archive';
      readonly path: string;
      /** null: the only image in it. */
      readonly tag: string | null;
      readonly title: string;
    };

export type RegistryReference = Extract<ImageReference, { kind: 'registry' }>;
export type LocalReference = Exclude<ImageReference, { kind: 'registry' }>;

const DOCKER_HUB = 'docker.io';
const DOCKER_HUB_HOST = 'registry-1.docker.io';
const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
/** Transports of other tools that name what only they have. */
const FOREIGN = ['docker-daemon', 'containers-storage', 'dir', 'ostree', 'sif', 'tarball'];

const usage = (text: string, why: string, hint?: string): TlxcError =>
  usageError(
    `${JSON.stringify(text)} names no OCI image: ${why}`,
    hint ?? 'docker://debian:12, docker://HOST[:PORT]/NAME:TAG, oci:DIRECTORY:TAG, oci-archive:FILE',
  );

/** Relative paths are below cwd. Throws TLXC_E_USAGE. */
export function parseReference(text: string, cwd: string): ImageReference {
  const [, transport = '', rest = ''] = /^([a-z][a-z0-9+-]*):(.*)$/s.exec(text) ?? [];
  if (transport === 'oci' || transport === 'oci-archive' || transport === 'docker-archive')
    return localReference(transport, rest, { text, cwd });
  if (FOREIGN.includes(transport))
    throw usage(text, `${transport}: is the storage of another tool, which TLXC does not read`);
  if (rest.startsWith('//')) {
    if (!['docker', 'https', 'http'].includes(transport))
      throw usage(text, `there is no transport ${transport}`);
    return registryReference(rest.slice(2), transport === 'http' ? 'http:' : 'https:', text);
  }
  return registryReference(text, 'https:', text);
}

interface Given {
  readonly text: string;
  readonly cwd: string;
}

function localReference(kind: LocalReference['kind'], rest: string, { text, cwd }: Given): LocalReference {
  // A colon within the path belongs to it.
  const [, before = rest, after] = /^(.*):([^/]*)$/s.exec(rest) ?? [];
  if (before === '') throw usage(text, 'the path is missing');
  const tag = after === undefined || after === '' ? null : after;
  const path = resolve(cwd, before);
  return { kind, path, tag, title: `${kind}:${path}${tag === null ? '' : `:${tag}`}` };
}

/** docker's rule: the first part is a host where it looks like one. */
const isHost = (part: string): boolean => /[.:A-Z]/.test(part) || part === 'localhost';

interface Parts {
  /** "" where the name has none. */
  readonly host: string;
  readonly path: string;
  readonly tag: string;
  readonly digest: string | null;
}

/** [HOST/]PATH[:TAG][@DIGEST] */
function split(name: string): Parts {
  const at = name.indexOf('@');
  const digest = at === -1 ? null : name.slice(at + 1);
  const undigested = at === -1 ? name : name.slice(0, at);
  const first = /^([^/]*)\//.exec(undigested)?.[1] ?? '';
  const host = isHost(first) ? first : '';
  const tagged = host === '' ? undigested : undigested.slice(host.length + 1);
  const [, path = tagged, tag = 'latest'] = /^(.*?):([^/]*)$/s.exec(tagged) ?? [];
  return { host, path, tag, digest };
}

function checkParts({ path, tag, digest }: Parts, text: string): void {
  if (digest !== null && !DIGEST.test(digest))
    throw usage(text, 'its digest is not sha256: and 64 hex digits');
  if (!NAME.test(path))
    throw usage(text, `${JSON.stringify(path)} is no repository's name (small letters, digits, . _ - /)`);
  if (!TAG.test(tag)) throw usage(text, `${JSON.stringify(tag)} is no tag`);
}

function baseOf(protocol: string, host: string, text: string): URL {
  const spelled = `${protocol}//${host}/`;
  const base = URL.canParse(spelled) ? new URL(spelled) : null;
  if (base?.pathname === '/' && base.username === '') return base;
  throw usage(
    text,
    `${JSON.stringify(host)} is no host`,
    'give a name and a password apart from it (--username, --password)',
  );
}

/** Who else has read a message of ours must not know the password. */
function refuseLogin(name: string): void {
  const [, host] = /^[^/]*@([^/@]*)\//.exec(name) ?? [];
  if (host !== undefined)
    throw usageError(
      `${host}: a user and a password are no part of an image's name`,
      'log in with podman or docker, or name the file that has them (--authfile)',
    );
}

function registryReference(name: string, protocol: 'http:' | 'https:', text: string): RegistryReference {
  refuseLogin(name);
  const parts = split(name);
  checkParts(parts, text);
  const { host, path, tag, digest } = parts;
  const isHub = ['', DOCKER_HUB, 'index.docker.io', DOCKER_HUB_HOST].includes(host);
  const registry = isHub ? DOCKER_HUB : host;
  const repository = isHub && !path.includes('/') ? `library/${path}` : path;
  const base = baseOf(protocol, isHub ? DOCKER_HUB_HOST : host, text);
  const transport = protocol === 'http:' ? 'http' : 'docker';
  const title = `${transport}://${registry}/${repository}${digest === null ? `:${tag}` : `@${digest}`}`;
  return { kind: 'registry', base, registry, repository, tag, digest, title };
}

/** The place that a reference names, ready to be asked. */
import { findCredentials, type Found } from './credentials.ts';
import { archiveOrigin } from './docker-archive.ts';
import { Layout } from './layout.ts';
import { ArchiveFiles, DirectoryFiles } from './local-files.ts';
import type { ImageOrigin } from './origin.ts';
import type { ImageReference, RegistryReference } from './reference.ts';
import { Registry } from './registry.ts';
import type { Environment } from '../../environment.ts';

/** Who asks a registry: as given, else as is found where podman and docker keep it. */
export interface Asking {
  readonly environment: Environment;
  /** "": what is stored. */
  readonly username?: string;
  readonly password?: string;
  /** Where it is stored; "": in the usual places. */
  readonly authFile?: string;
  /** Certificates that the registry is trusted by as well (tlxc.image.ca); null: none. */
  readonly ca: string | null;
}

/** Throws TLXC_E_USAGE for credentials that cannot be read, TLXC_E_IMAGE. */
export function openOrigin(reference: ImageReference, asking: Asking): Promise<ImageOrigin> {
  if (reference.kind === 'registry')
    return Promise.resolve(new Registry(reference, credentialsFor(reference, asking), { ca: asking.ca }));
  if (reference.kind === 'oci')
    return Promise.resolve(new Layout(reference, new DirectoryFiles(reference.path)));
  return archiveOrigin(reference, new ArchiveFiles(reference.path));
}

function credentialsFor({ registry, repository }: RegistryReference, asking: Asking): Found {
  const { username = '', password = '', authFile = '', environment } = asking;
  if (username !== '') return { credentials: { username, password, identityToken: '' }, elsewhere: '' };
  return findCredentials({ registry, repository, environment, uid: process.getuid?.() ?? 0, authFile });
}

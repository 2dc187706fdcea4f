/** Whose name a registry is told: given ones, or those that podman, skopeo and docker keep in their files. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../environment.ts';
import { TlxcError } from '../../errors.ts';
import { isFields } from '../json.ts';

/** Never printed, never written down. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** A refresh token for the token server, instead of a password; "" for none. */
  readonly identityToken: string;
}

export interface Found {
  readonly credentials: Credentials | null;
  /** Why there are none, where a file says they are elsewhere: for the hint of a refusal. */
  readonly elsewhere: string;
}

const DOCKER_HUB_KEYS = ['https://index.docker.io/v1/', 'index.docker.io'];

/** Where credentials are kept, as containers-auth.json(5) and docker have it, in the order in which they are asked. */
export function credentialFiles(environment: Environment, uid: number): string[] {
  const set = (name: string): string => environment[name] ?? '';
  if (set('REGISTRY_AUTH_FILE') !== '') return [set('REGISTRY_AUTH_FILE')];
  const home = set('HOME');
  const runtime =
    set('XDG_RUNTIME_DIR') === '' ? `/run/containers/${uid}` : join(set('XDG_RUNTIME_DIR'), 'containers');
  const config = set('XDG_CONFIG_HOME') || join(home, '.config');
  const docker = set('DOCKER_CONFIG') || join(home, '.docker');
  const owned = [join(config, 'containers/auth.json'), join(docker, 'config.json')];
  return [join(runtime, 'auth.json'), ...(home === '' ? [] : owned)];
}

/** "registry/a/b", "registry/a", "registry": what is said of the repository goes before what is said of the registry. */
function keysFor(registry: string, repository: string): string[] {
  const parts = [registry, ...repository.split('/')];
  const keys = parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
  const spelled = [...keys, `https://${registry}`, `https://${registry}/`, `https://${registry}/v1/`];
  return registry === 'docker.io' ? [...spelled, ...DOCKER_HUB_KEYS] : spelled;
}

function decode(entry: unknown): Credentials | null {
  if (!isFields(entry)) return null;
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const identityToken = text(entry['identitytoken']);
  const [, username = '', password = ''] =
    /^([^:]*):(.*)$/s.exec(Buffer.from(text(entry['auth']), 'base64').toString('utf8').replace(/\0+$/, '')) ??
    [];
  const found = {
    username: username || text(entry['username']),
    password: password || text(entry['password']),
  };
  return found.username === '' && identityToken === '' ? null : { ...found, identityToken };
}

function readFile(path: string, mustExist: boolean): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (!mustExist) return {};
    throw new TlxcError({
      code: 'TLXC_E_USAGE',
      message: `the credentials in ${path} cannot be read`,
      path,
      cause,
    });
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isFields(value)) return value;
  } catch {
    // Said below, without the text.
  }
  throw new TlxcError({
    code: 'TLXC_E_USAGE',
    message: `${path} holds no credentials: it is no JSON object`,
    path,
    hint: 'mend it, or name another (--authfile=FILE)',
  });
}

export interface CredentialsRequest {
  readonly registry: string;
  readonly repository: string;
  readonly environment: Environment;
  readonly uid: number;
  /** --authfile; "" for the usual places. */
  readonly authFile: string;
}

/** The first entry for the registry. Throws TLXC_E_USAGE for a file that cannot be read as one. */
export function findCredentials({
  registry,
  repository,
  environment,
  uid,
  authFile,
}: CredentialsRequest): Found {
  const given = authFile !== '' || (environment['REGISTRY_AUTH_FILE'] ?? '') !== '';
  const files = authFile === '' ? credentialFiles(environment, uid) : [authFile];
  let elsewhere = '';
  for (const file of files) {
    const { auths, credHelpers, credsStore } = readFile(file, given);
    for (const key of keysFor(registry, repository)) {
      const credentials = isFields(auths) ? decode(auths[key]) : null;
      if (credentials) return { credentials, elsewhere: '' };
    }
    const helper = (isFields(credHelpers) && credHelpers[registry]) || credsStore;
    if (typeof helper === 'string' && helper !== '')
      elsewhere ||= `${file} leaves them to docker-credential-${helper}, a program that is not run here`;
  }
  return { credentials: null, elsewhere };
}

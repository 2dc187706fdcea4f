import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { credentialFiles, findCredentials } from '../../../src/image/oci/credentials.ts';

const auth = (text: string) => Buffer.from(text).toString('base64');

function home(t: ExecutionContext, config: unknown): string {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-auth-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  mkdirSync(join(dir, '.docker'));
  writeFileSync(join(dir, '.docker/config.json'), JSON.stringify(config));
  return dir;
}

const find = (dir: string, registry: string, repository: string) =>
  findCredentials({
    registry,
    repository,
    environment: { HOME: dir, XDG_RUNTIME_DIR: dir },
    uid: 0,
    authFile: '',
  });

test('the places that podman, skopeo and docker use, in their order', (t) => {
  t.deepEqual(credentialFiles({ HOME: '/root' }, 0), [
    ...['/run/containers/0/auth.json', '/root/.config/containers/auth.json', '/root/.docker/config.json'],
  ]);
  t.deepEqual(credentialFiles({ REGISTRY_AUTH_FILE: '/x' }, 0), ['/x']);
  t.deepEqual(
    credentialFiles({ HOME: '/h', XDG_RUNTIME_DIR: '/r', XDG_CONFIG_HOME: '/c', DOCKER_CONFIG: '/d' }, 7),
    ['/r/containers/auth.json', '/c/containers/auth.json', '/d/config.json'],
  );
});

test('what is said of a repository goes before what is said of its registry', (t) => {
  const dir = home(t, {
    auths: {
      'host.example': { auth: auth('all:1') },
      'host.example/team': { auth: auth('team:a:b') },
      'https://index.docker.io/v1/': { auth: auth('hub:2') },
      'token.example': { identitytoken: 'secret' },
      'empty.example': {},
    },
  });
  t.is(find(dir, 'host.example', 'other/x').credentials?.username, 'all');
  t.deepEqual(find(dir, 'host.example', 'team/x').credentials, {
    username: 'team',
    password: 'a:b',
    identityToken: '',
  });
  t.is(find(dir, 'docker.io', 'library/debian').credentials?.username, 'hub');
  t.is(find(dir, 'token.example', 'x').credentials?.identityToken, 'secret');
  t.is(find(dir, 'empty.example', 'x').credentials, null);
  t.is(find(dir, 'host.example.evil', 'team/x').credentials, null);
});

test('credentials that a helper keeps are said to be there', (t) => {
  const dir = home(t, { credHelpers: { 'host.example': 'pass' } });
  t.regex(find(dir, 'host.example', 'x').elsewhere, /config\.json leaves them to docker-credential-pass/);
});

test('a file that was named must be there and be one; its text is not told', (t) => {
  const dir = home(t, {});
  writeFileSync(join(dir, 'bad'), 'pass:word');
  const asked = { registry: 'a', repository: 'b', environment: {}, uid: 0 };
  t.throws(() => findCredentials({ ...asked, authFile: join(dir, 'none') }), { message: /cannot be read/ });
  const error = t.throws(() => findCredentials({ ...asked, authFile: join(dir, 'bad') }), {
    message: /no JSON object/,
  });
  t.notRegex(JSON.stringify(error), /pass:word/);
});

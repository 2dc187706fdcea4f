/** Debian's docker-registry in a world, on its loopback, until the test ends. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { eventually } from './eventually.ts';
import type { World } from './world.ts';
import { loader } from './typescript.ts';

export const registryOrigin = 'http://127.0.0.1:5000';
/** Who may do everything there, where there are passwords. */
export const registryUser = { name: 'tester', password: 'open-sesame' };
const CREDENTIALS = `${registryUser.name}:${registryUser.password}`;
/** htpasswd -Bbn tester open-sesame */
const HTPASSWD = 'tester:$2y$05$kRXxRcTg/KySfkesTMDfye.qG/TCnPjWxS/lX1OdWtNtjqpyikwYi';
const TOKEN_PORT = 5001;

const program = (name: string): string => fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url));

/** Ends with its standard input. */
const untilEnd = (line: string): string => `${line} & read end; kill $!; wait`;

export type RegistryAuth = 'none' | 'password' | 'token';

async function startTokenServer(t: ExecutionContext, world: World): Promise<readonly string[]> {
  const [cert, key] = [join(world.dir, 'token.pem'), join(world.dir, 'token.key')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=tests',
      '-keyout',
      key,
      '-out',
      cert,
    ],
    { stdio: 'ignore' },
  );
  const words = [
    process.execPath,
    `--import=${loader}`,
    program('token-server'),
    TOKEN_PORT,
    cert,
    key,
    CREDENTIALS,
  ];
  const server = world.spawn('sh', '-c', untilEnd(words.join(' ')));
  t.teardown(() => server.stdin.end());
  await once(createInterface({ input: server.stdout }), 'line');
  return [
    ...[
      '  token:',
      `    realm: http://127.0.0.1:${TOKEN_PORT}/token`,
      '    service: tests',
      '    issuer: tests',
    ],
    `    rootcertbundle: ${cert}`,
  ];
}

export async function startRegistry(t: ExecutionContext, world: World, auth: RegistryAuth): Promise<void> {
  const passwords = join(world.dir, 'htpasswd');
  writeFileSync(passwords, `${HTPASSWD}\n`);
  const settings = {
    none: () => Promise.resolve<readonly string[]>([]),
    password: () => Promise.resolve(['  htpasswd:', '    realm: tests', `    path: ${passwords}`]),
    token: () => startTokenServer(t, world),
  };
  const authLines = await settings[auth]();
  const config = join(world.dir, 'registry.yml');
  const lines = [
    ...['version: 0.1', 'log:', '  level: error', 'storage:', '  filesystem:'],
    ...[`    rootdirectory: ${join(world.dir, 'registry')}`, 'http:', '  addr: 127.0.0.1:5000'],
    ...(authLines.length === 0 ? [] : ['auth:', ...authLines]),
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  const server = world.spawn('sh', '-c', untilEnd(`docker-registry serve ${config} 2>&1`));
  t.teardown(() => server.stdin.end());
  const asked = `fetch('${registryOrigin}/v2/').then(() => process.exit(0))`;
  await eventually(30, async () => {
    const { code } = await world.run(process.execPath, '-e', asked);
    return code === 0 ? true : undefined;
  });
}

/** An image of a layout, under the same tag. */
export async function push(world: World, layout: string, tag: string, repository: string): Promise<void> {
  const words = [layout, tag, registryOrigin, repository, CREDENTIALS];
  const { code, stderr } = await world.run(
    process.execPath,
    `--import=${loader}`,
    program('push-image'),
    ...words,
  );
  if (code !== 0) throw new Error(stderr);
}

/** An image server's address, and what we say to it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../environment.ts';
import { TlxcError, usageError } from '../errors.ts';
import { packageRoot } from '../package-root.ts';

/**
 * The base URL of a server as a person writes it: "images.example.org", "https://…", or "http://…" where plain HTTP is
 * written out. Throws TLXC_E_USAGE for anything else.
 */
export function serverUrl(text: string): URL {
  const spelled = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  const url = URL.canParse(spelled) ? new URL(spelled) : null;
  // It would be sent to nobody, and stand in messages and in what is noted of an image.
  if (url && (url.username !== '' || url.password !== ''))
    throw usageError(
      `${url.host} is asked for images without a user and a password`,
      `leave them out of its address: ${url.protocol}//${url.host}${url.pathname}`,
    );
  if (url && ['http:', 'https:'].includes(url.protocol) && url.hostname !== '' && url.search === '') {
    if (!url.pathname.endsWith('/')) url.pathname += '/';
    return url;
  }
  throw usageError(
    `${JSON.stringify(text)} is not the address of an image server`,
    'write a host name (HTTPS is used), or a URL that begins with https:// or http://',
  );
}

/** The URL of a path that the server's own index gave. Throws where it would leave the server. */
export function pathOnServer(server: URL, path: string): URL {
  const relative = path.replace(/^\/+/, '');
  const url = URL.canParse(relative, server.href) ? new URL(relative, server) : null;
  if (url && url.origin === server.origin && url.pathname.startsWith(server.pathname)) return url;
  throw new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `the index of ${server.href} names a file outside the server: ${JSON.stringify(path)}`,
    hint: 'ask another server (--server, or tlxc.image.server)',
  });
}

/** Whether no_proxy exempts the server: a list of hosts, of domains (".example.org"), or "*". */
function exempt(server: URL, list: string): boolean {
  const names = list.split(/[\s,]+/).map((name) => name.replace(/^\*?\.|:\d+$/g, ''));
  return names.some((name) => name !== '' && (name === '*' || `.${server.hostname}`.endsWith(`.${name}`)));
}

/** The proxy that the environment names for this server, as undici takes it, without its credentials; "" for none. */
export function proxyFor(server: URL, environment: Environment): string {
  const name = server.protocol.replace(':', '_proxy');
  const proxy = environment[name] ?? environment[name.toUpperCase()] ?? '';
  if (exempt(server, environment['no_proxy'] ?? environment['NO_PROXY'] ?? '')) return '';
  return URL.canParse(proxy) ? new URL(proxy).host : '';
}

let agent: string | undefined;

/** Sent with every request; servers of linuxcontainers.org choose what they list by it. */
export function userAgent(): string {
  if (agent === undefined) {
    const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
      version: string;
    };
    agent = `tlxc/${version} (lxc-download compat:7)`;
  }
  return agent;
}

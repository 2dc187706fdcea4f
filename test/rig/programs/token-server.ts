// A registry's token server: token-server PORT CERTIFICATE KEY USER:PASSWORD. Strangers may pull, that user may push, too.
import { createSign, randomUUID, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [port = '', certificate = '', key = '', user = ''] = process.argv.slice(2);
const known = `Basic ${Buffer.from(user).toString('base64')}`;
const der = new X509Certificate(readFileSync(certificate)).raw.toString('base64');
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function token(service: string, scopes: readonly string[], mayPush: boolean): string {
  const now = Math.floor(Date.now() / 1000);
  const access = scopes.map((scope) => {
    const [type, name, actions = ''] = scope.split(':');
    return { type, name, actions: actions.split(',').filter((action) => action === 'pull' || mayPush) };
  });
  const claims = {
    ...{ iss: 'tests', sub: 'anybody', aud: service, access },
    ...{ nbf: now - 60, iat: now, exp: now + 300, jti: randomUUID() },
  };
  const signed = `${encoded({ typ: 'JWT', alg: 'RS256', x5c: [der] })}.${encoded(claims)}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(readFileSync(key), 'base64url')}`;
}

createServer((request, response) => {
  const { authorization } = request.headers;
  const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
  if (authorization !== undefined && authorization !== known) {
    response.writeHead(401).end(JSON.stringify({ details: 'incorrect username or password' }));
    return;
  }
  const scopes = searchParams.getAll('scope').flatMap((scope) => scope.split(' '));
  response.end(
    JSON.stringify({
      token: token(searchParams.get('service') ?? '', scopes, authorization === known),
      expires_in: 300,
    }),
  );
}).listen(Number(port), '127.0.0.1', () => console.log('ready'));

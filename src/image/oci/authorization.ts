/** The Authorization header that a registry wants: a token of its token server's, or name and password. */
import { TlxcError } from '../../errors.ts';
import { getBytes, TransferError, type HttpOptions } from '../http.ts';
import { parseChallenges, type Challenge } from './challenge.ts';
import type { Credentials } from './credentials.ts';
import { isFields } from '../json.ts';
import { parseJson, refuse } from './documents.ts';

export interface AuthorizationRequest {
  /** The registry's refusal. */
  readonly refusal: TransferError;
  readonly base: URL;
  readonly repository: string;
  readonly credentials: Credentials | null;
  readonly http: HttpOptions;
}

const MAX_TOKEN = 256 * 1024;

const basic = ({ username, password }: Credentials): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** null: the registry wants what there is none of. Throws TLXC_E_IMAGE where the token server fails. */
export async function authorize(request: AuthorizationRequest): Promise<string | null> {
  const { refusal, credentials } = request;
  const challenges = parseChallenges(refusal.headers['www-authenticate']);
  const bearer = challenges.find(
    ({ scheme, parameters }) => scheme === 'bearer' && parameters['realm'] !== undefined,
  );
  if (bearer) return `Bearer ${await fetchToken(request, bearer)}`;
  const wantsBasic = challenges.some(({ scheme }) => scheme === 'basic');
  return wantsBasic && credentials !== null && credentials.username !== '' ? basic(credentials) : null;
}

/** The token server's address: never less protected than the registry itself. */
function realmOf({ parameters }: Challenge, base: URL): URL {
  const realm = parameters['realm'] ?? '';
  const url = URL.canParse(realm) ? new URL(realm) : null;
  const secure = url?.protocol === 'https:' || (url?.protocol === 'http:' && base.protocol === 'http:');
  if (url && secure && url.username === '') return url;
  throw refuse(base.host, `it sends for a token to ${JSON.stringify(realm)}`);
}

async function fetchToken(request: AuthorizationRequest, challenge: Challenge): Promise<string> {
  const { base, repository, credentials, http } = request;
  const url = realmOf(challenge, base);
  const service = challenge.parameters['service'] ?? '';
  const scope = challenge.parameters['scope'] ?? `repository:${repository}:pull`;
  const identity = credentials?.identityToken ?? '';
  if (identity !== '') {
    const fields = {
      grant_type: 'refresh_token',
      refresh_token: identity,
      service,
      scope,
      client_id: 'tlxc',
    };
    return tokenAt(url, { ...http, form: new URLSearchParams(fields).toString() });
  }
  if (service !== '') url.searchParams.set('service', service);
  for (const each of scope.split(' ')) url.searchParams.append('scope', each);
  return tokenAt(url, credentials ? { ...http, headers: { authorization: basic(credentials) } } : http);
}

async function tokenAt(url: URL, http: HttpOptions): Promise<string> {
  const { bytes } = await getBytes(url, MAX_TOKEN, http).catch((error: unknown) => {
    throw error instanceof TlxcError ? tokenRefused(url, error) : error;
  });
  const fields = parseJson(bytes, `the token server ${url.host}`);
  const token = fields['token'] ?? fields['access_token'];
  // It becomes part of a header.
  if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return token;
  throw refuse(`the token server ${url.host}`, 'it gives no token');
}

function tokenRefused(url: URL, error: TlxcError): TlxcError {
  const { cause } = error;
  if (!(cause instanceof TransferError) || ![400, 401, 403].includes(cause.status)) return error;
  return new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `the token server ${url.host} does not accept the credentials (${url.origin}${url.pathname} answered ${cause.status}${wordsIn(cause)})`,
    hint: 'check the name and the password (--username, --password), or what podman login or docker login has stored; without any, public images can be pulled',
  });
}

/** What a registry says beside its status, for people: ": CODE: message"; "" for nothing. */
export function wordsIn({ words }: TransferError): string {
  try {
    const body: unknown = JSON.parse(words);
    if (!isFields(body)) return '';
    const [first] = Array.isArray(body['errors']) ? (body['errors'] as readonly unknown[]) : [];
    const { message } = isFields(first) ? first : {};
    const said = message ?? body['details'] ?? body['message'];
    return typeof said === 'string' ? `: ${said.slice(0, 200)}` : '';
  } catch {
    return '';
  }
}

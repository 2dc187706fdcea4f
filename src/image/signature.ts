/** OpenPGP signatures of image servers, checked by gpgv(1) against keys that the administrator pinned. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TlxcError } from '../errors.ts';
import { startProgram } from '../host/program.ts';

export interface Signed {
  /** For messages: the URL. */
  readonly what: string;
  readonly text: string;
  /** A detached signature, armoured; null: the server has none. */
  readonly signature: string | null;
  /** The file of the pinned keys, as gpg --export writes it, armoured or not. */
  readonly keyring: string;
}

/** Why it is not believed, and what can be done. */
interface Doubt {
  readonly why: string;
  readonly hint: string;
}

/**
 * Who signed it, as people know the key. Throws TLXC_E_IMAGE unless one of the pinned keys, neither revoked nor expired, made
 * a signature of exactly this text.
 */
export async function checkSignature({ what, text, signature, keyring }: Signed): Promise<string> {
  const doubt = signature === null ? unsigned(keyring) : await doubtOf(text, signature, keyring);
  if (typeof doubt === 'string') return doubt;
  throw new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `${what}: ${doubt.why}: refused`,
    hint: doubt.hint,
  });
}

const unsigned = (keyring: string): Doubt => ({
  why: 'the server has no OpenPGP signature of it',
  hint: `tlxc.image.keyring, ${keyring}, asks for one: take a server that signs, or sign it there: gpg --armor --detach-sign SHA256SUMS`,
});

/** The key, where there is none. */
async function doubtOf(text: string, signature: string, keyring: string): Promise<Doubt | string> {
  const directory = mkdtempSync(join(tmpdir(), 'tlxc-signature-'));
  try {
    const file = (name: string, data: string | Buffer) => {
      writeFileSync(join(directory, name), data, { mode: 0o600 });
      return join(directory, name);
    };
    const keys = ['--homedir', directory, '--keyring', file('keys.gpg', binaryKeys(keyring))];
    const files = [file('signature', signature), file('text', text)];
    const told: string[] = [];
    const argv = ['gpgv', '--quiet', '--status-fd', '1', ...keys, ...files];
    const { status, errorLines } = await startProgram(argv, { stdout: (line) => told.push(line) }).ended;
    if (status === 127)
      return { why: 'gpgv is not installed, and checks its signature', hint: 'apt-get install gpgv' };
    return judged(told, errorLines, keyring);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * The judgement is read from gpgv's lines for programs, not from its exit status: that is a failure where one of several
 * signatures is by a key that is not pinned, and none where the only one is by a key that was revoked.
 */
function judged(told: readonly string[], errorLines: readonly string[], keyring: string): Doubt | string {
  const words = (keyword: string): readonly string[] | undefined =>
    told
      .map((line) => line.split(' ').slice(1))
      .find(([first]) => first === keyword)
      ?.slice(1);
  const good = words('GOODSIG');
  if (good !== undefined) return named(good);
  const renewed = `the publisher has another one: put it into tlxc.image.keyring, ${keyring} (gpg --export KEY > FILE)`;
  const [changed, revoked, expired] = [words('BADSIG'), words('REVKEYSIG'), words('EXPKEYSIG')];
  if (changed !== undefined)
    return {
      why: `it is not what ${named(changed)} has signed, but was changed afterwards`,
      hint: 'try again later, or another server (--server)',
    };
  if (revoked !== undefined)
    return { why: `it is signed by a key that was revoked, ${named(revoked)}`, hint: renewed };
  if (expired !== undefined)
    return { why: `it is signed by a key that has expired, ${named(expired)}`, hint: renewed };
  const stranger = words('ERRSIG');
  if (stranger !== undefined && words('NO_PUBKEY') !== undefined)
    return {
      why: `it is signed by a key that is not pinned, ${stranger.at(-1) ?? ''}`,
      hint: `if the publisher says that this is theirs, put it into tlxc.image.keyring, ${keyring} (gpg --export KEY > FILE)`,
    };
  const said = errorLines.map((line) => line.replace(/^gpgv: +/, '')).join('; ');
  return {
    why: `its signature is not good: ${said}`,
    hint: `gpg --armor --detach-sign SHA256SUMS makes one; the keys are those of tlxc.image.keyring, ${keyring}`,
  };
}

/** A key as people know it: "Ann <ann@example.org> (5DC8F58EEFAF8942)". */
const named = ([id = '', ...name]: readonly string[]): string => `${name.join(' ')} (${id})`;

/** gpgv takes no armour: the base64 between the header's empty line and the checksum is what it wants. */
function binaryKeys(keyring: string): Buffer {
  let data: Buffer;
  try {
    data = readFileSync(keyring);
  } catch (cause) {
    throw new TlxcError({
      code: 'TLXC_E_CONFIG',
      message: `the keys ${keyring} cannot be read`,
      hint: 'tlxc.image.keyring in tlxc.conf names them: gpg --export KEY > FILE',
      cause,
    });
  }
  const blocks = data
    .toString('latin1')
    .matchAll(
      /-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:.+\r?\n)*\r?\n([A-Za-z0-9+/=\s]+?)(?:\r?\n=\S{4})?\s*-----END/g,
    );
  const armoured = [...blocks].map(([, base64 = '']) => Buffer.from(base64, 'base64'));
  return armoured.length > 0 ? Buffer.concat(armoured) : data;
}

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

/** Throws TLXC_E_IMAGE unless one of the pinned keys made the signature of exactly this text. */
export async function checkSignature({ what, text, signature, keyring }: Signed): Promise<void> {
  const hint = `the keys are those of tlxc.image.keyring, ${keyring}`;
  const refused = (why: string) =>
    new TlxcError({ code: 'TLXC_E_IMAGE', message: `${what}: ${why}: refused`, hint });
  if (signature === null) throw refused('the server has no OpenPGP signature of it');
  const directory = mkdtempSync(join(tmpdir(), 'tlxc-signature-'));
  try {
    const file = (name: string, data: string | Buffer) => {
      writeFileSync(join(directory, name), data, { mode: 0o600 });
      return join(directory, name);
    };
    const keys = file('keys.gpg', binaryKeys(keyring));
    const words = [
      '--homedir',
      directory,
      '--keyring',
      keys,
      file('signature', signature),
      file('text', text),
    ];
    const { status, errorLines } = await startProgram(['gpgv', '--quiet', ...words]).ended;
    if (status === 0) return;
    const said = errorLines.map((line) => line.replace(/^gpgv: /, '')).join('; ');
    throw refused(
      status === 127 ? 'gpgv is not installed, and checks it' : `its signature is not good: ${said}`,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

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

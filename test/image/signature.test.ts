/** Whose signature of an image server's checksums is believed: that of a pinned key which still holds, of exactly this text. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { TlxcError } from '../../src/errors.ts';
import { checkSignature } from '../../src/image/signature.ts';
import { requires } from '../rig/requires.ts';

const test = requires('gpg');
const TEXT = 'the checksums\n';

/** A publisher with a key, and what the command that pins it would write. */
function publisher(t: ExecutionContext) {
  const home = mkdtempSync(join(tmpdir(), 'tlxc-gpg-'));
  const gpg = (...words: string[]) =>
    execFileSync('gpg', ['--homedir', home, '--batch', '--quiet', '--yes', ...words], { stdio: 'pipe' });
  t.teardown(() => {
    execFileSync('gpgconf', ['--homedir', home, '--kill', 'all']);
    rmSync(home, { recursive: true });
  });
  const text = join(home, 'text');
  writeFileSync(text, TEXT);
  const made = (...words: string[]): string => {
    gpg('--armor', '--output', join(home, 'made'), ...words, text);
    return readFileSync(join(home, 'made'), 'utf8');
  };
  const key = (name: string, until = 'never', ...words: string[]) =>
    gpg(...words, '--passphrase', '', '--quick-generate-key', name, 'ed25519', 'sign', until);
  const pinned = (name: string): string => {
    const file = join(home, `${name}.pinned`);
    writeFileSync(file, gpg('--export', name));
    return file;
  };
  const revoke = (name: string): void => {
    const listed = gpg('--with-colons', '--list-keys', name).toString();
    const [, fingerprint = ''] = /^fpr:+([0-9A-F]{40}):/m.exec(listed) ?? [];
    const certificate = readFileSync(join(home, 'openpgp-revocs.d', `${fingerprint}.rev`), 'utf8');
    writeFileSync(join(home, 'revocation'), certificate.replace(/^:---/m, '---'));
    gpg('--import', join(home, 'revocation'));
  };
  return { key, made, pinned, revoke };
}

const checked = (signature: string, keyring: string, text = TEXT) =>
  checkSignature({ what: 'SHA256SUMS', text, signature, keyring });

test('one pinned key among several that have signed is enough, wherever it stands', async (t) => {
  const { key, made, pinned } = publisher(t);
  for (const name of ['old', 'new']) key(name);
  const both = made('--local-user', 'old', '--local-user', 'new', '--detach-sign');
  await t.notThrowsAsync(checked(both, pinned('old')));
  await t.notThrowsAsync(checked(both, pinned('new')));
  const error = await t.throwsAsync(checked(both, pinned('new'), `${TEXT}one more\n`));
  t.regex(error.message, /^SHA256SUMS: it is not what new \([0-9A-F]{16}\) has signed, but was changed/);
});

test('a key that was revoked, or has expired, is believed no more', async (t) => {
  const { key, pinned, revoke, made } = publisher(t);
  key('stolen');
  const stolen = made('--local-user', 'stolen', '--detach-sign');
  await t.notThrowsAsync(checked(stolen, pinned('stolen')));
  revoke('stolen');
  await t.throwsAsync(checked(stolen, pinned('stolen')), {
    message: /signed by a key that was revoked, stolen/,
  });
  const then = ['--faked-system-time', '20200101T000000'];
  key('past', '1y', ...then);
  const past = made(...then, '--local-user', 'past', '--detach-sign');
  await t.throwsAsync(checked(past, pinned('past')), { message: /signed by a key that has expired, past/ });
});

test('a signed message in the place of a signature says nothing of the text', async (t) => {
  const { key, made, pinned } = publisher(t);
  key('ours');
  for (const kind of ['--sign', '--clearsign'])
    await t.throwsAsync(checked(made(kind), pinned('ours'), 'a forgery\n'), { message: /is not good: / });
  await t.throwsAsync(checked('no signature at all\n', pinned('ours')), { message: /is not good: / });
});

test('a signature by a stranger names the key, and the file that would have to hold it', async (t) => {
  const { key, made, pinned } = publisher(t);
  for (const name of ['ours', 'other']) key(name);
  const keyring = pinned('ours');
  const error = await t.throwsAsync(checked(made('--local-user', 'other', '--detach-sign'), keyring));
  t.regex(error.message, /signed by a key that is not pinned, [0-9A-F]{40}: refused$/);
  t.true((error as unknown as TlxcError).hint?.includes(`tlxc.image.keyring, ${keyring}`));
});

/** The certificate of an image server is one that a server can use, whatever happened when it was made. */
import test, { type ExecutionContext } from 'ava';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownCertificate, readCertificate, type Certificate } from '../../src/image/certificate.ts';

function place(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-certificate-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  return dir;
}

const HOST = '127.0.0.1';
const matches = ({ cert, key }: Certificate): boolean =>
  new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));

test('our own is kept as long as it serves, and the key is ours alone', async (t) => {
  const dir = place(t);
  const made = await ownCertificate(dir, HOST);
  t.true(matches(made));
  t.is((await ownCertificate(dir, HOST)).fingerprint, made.fingerprint);
  t.not((await ownCertificate(dir, '192.0.2.1')).fingerprint, made.fingerprint, 'it did not name that host');
  t.deepEqual(readdirSync(dir).sort(), ['cert.pem', 'key.pem']);
  const modes = ['cert.pem', 'key.pem'].map((name) => statSync(join(dir, name)).mode & 0o777);
  t.deepEqual(modes, [0o644, 0o600]);
});

test('our own is made anew where a renewal was killed halfway, or what is there is broken', async (t) => {
  const [dir, other] = [place(t), place(t)];
  const first = await ownCertificate(dir, HOST);
  await ownCertificate(other, HOST);
  copyFileSync(join(other, 'key.pem'), join(dir, 'key.pem'));
  const second = await ownCertificate(dir, HOST);
  t.true(matches(second));
  t.not(second.fingerprint, first.fingerprint);
  for (const name of ['cert.pem', 'key.pem']) {
    writeFileSync(join(dir, name), '');
    t.true(matches(await ownCertificate(dir, HOST)), name);
  }
});

test('a key that is another certificate’s is refused by name', async (t) => {
  const [dir, other] = [place(t), place(t)];
  await ownCertificate(dir, HOST);
  await ownCertificate(other, HOST);
  const [cert, key] = [join(dir, 'cert.pem'), join(other, 'key.pem')];
  t.throws(() => readCertificate(cert, key), {
    code: 'TLXC_E_USAGE',
    message: `the key ${key} does not belong to the certificate ${cert}`,
  });
});

test('what a killed making left is removed, what another command is making stays', async (t) => {
  const dir = place(t);
  for (const name of ['.new-killed', '.new-making']) mkdirSync(join(dir, name));
  writeFileSync(join(dir, '.new-killed/key.pem'), '');
  utimesSync(join(dir, '.new-killed'), 1, 1);
  await ownCertificate(dir, HOST);
  t.deepEqual(readdirSync(dir).sort(), ['.new-making', 'cert.pem', 'key.pem']);
});

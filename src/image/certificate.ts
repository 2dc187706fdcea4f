/** The certificate of an image server: a given one, or one of our own making that is kept and renewed. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { writeFileAtomically } from '../config/atomic-write.ts';
import { TlxcError } from '../errors.ts';
import { runProgram } from '../host/program.ts';
import { makeDirectories } from '../make-directories.ts';

/** A server's certificate, as its clients may know it. */
export interface ShownCertificate {
  /** PEM */
  readonly cert: string;
  /** Where clients' administrators find it. */
  readonly certFile: string;
  /** SHA-256, AB:CD:… */
  readonly fingerprint: string;
}

/** The same with its key, for the server alone. */
export interface Certificate extends ShownCertificate {
  /** PEM */
  readonly key: string;
}

const NEW = '.new-';
const STALE_MS = 3600 * 1000;
const DAYS = 825;
const RENEW_BEFORE_MS = 30 * 24 * 3600 * 1000;

function readPem(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const { code: errno = 'EIO' } = cause as NodeJS.ErrnoException;
    const message = `the ${what} ${path} cannot be read`;
    const hint =
      'name a file in PEM that is there and may be read, or none: then one is made (without --cert and --key)';
    throw new TlxcError({ code: 'TLXC_E_SYSCALL', message, errno, path, hint, cause });
  }
}

/**
 * Throws TLXC_E_USAGE for a key that is another certificate's, TLXC_E_SYSCALL for a file that cannot be read, and
 * OpenSSL's for what is no certificate or no key.
 */
export function readCertificate(certFile: string, keyFile: string): Certificate {
  const [cert, key] = [readPem(certFile, 'certificate'), readPem(keyFile, 'key')];
  const certificate = new X509Certificate(cert);
  if (!certificate.checkPrivateKey(createPrivateKey(key))) {
    throw new TlxcError({
      code: 'TLXC_E_USAGE',
      message: `the key ${keyFile} does not belong to the certificate ${certFile}`,
      path: keyFile,
      hint: 'give the key that the certificate was made with; in a file of several certificates the first is meant',
    });
  }
  return { key, cert, certFile, fingerprint: certificate.fingerprint256 };
}

/**
 * The certificate in `directory`, made anew where there is none for this host, it will soon be over, or what is there cannot
 * be used. Throws TLXC_E_NETWORK, and the system's error.
 */
export async function ownCertificate(directory: string, host: string): Promise<Certificate> {
  const [certFile, keyFile] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  const known = readUsable(certFile, keyFile);
  if (known && serves(known.cert, host)) return known;
  makeDirectories(directory, 0o755);
  sweep(directory);
  const work = mkdtempSync(join(directory, NEW));
  try {
    const { cert, key } = await makeCertificate(work, host);
    // Two files: who is killed between them leaves a pair that does not match, which is made anew.
    writeFileAtomically(keyFile, key, { mode: 0o600 });
    // Whoever is to trust the certificate may read it.
    writeFileAtomically(certFile, cert, { mode: 0o644 });
  } finally {
    rmSync(work, { recursive: true });
  }
  return readCertificate(certFile, keyFile);
}

/** What was being made when its command was killed; nobody takes an hour to make a certificate. */
function sweep(directory: string): void {
  for (const name of readdirSync(directory).filter((each) => each.startsWith(NEW))) {
    const path = join(directory, name);
    const { mtimeMs = Infinity } = statSync(path, { throwIfNoEntry: false }) ?? {};
    if (mtimeMs + STALE_MS < Date.now()) rmSync(path, { recursive: true, force: true });
  }
}

/** null: there is none, or a broken one. */
function readUsable(certFile: string, keyFile: string): Certificate | null {
  if (!existsSync(certFile) || !existsSync(keyFile)) return null;
  try {
    return readCertificate(certFile, keyFile);
  } catch {
    return null;
  }
}

/** PEM texts, by way of files in the directory, which is ours alone. */
async function makeCertificate(work: string, host: string): Promise<Pick<Certificate, 'cert' | 'key'>> {
  const [certFile, keyFile] = [join(work, 'cert.pem'), join(work, 'key.pem')];
  const names = [
    'DNS:localhost',
    `DNS:${hostname()}`,
    'IP:127.0.0.1',
    'IP:::1',
    isIP(host) ? `IP:${host}` : `DNS:${host}`,
  ];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', String(DAYS)];
  const subject = ['-subj', '/CN=tlxc-image', '-addext', `subjectAltName=${[...new Set(names)].join(',')}`];
  const files = ['-keyout', keyFile, '-out', certFile];
  await runProgram(['openssl', 'req', '-x509', ...kind, ...subject, ...files], {
    code: 'TLXC_E_NETWORK',
    what: 'no certificate could be made',
  });
  return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
}

function serves(cert: string, host: string): boolean {
  const certificate = new X509Certificate(cert);
  const named = isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host);
  return named !== undefined && new Date(certificate.validTo).getTime() - RENEW_BEFORE_MS > Date.now();
}

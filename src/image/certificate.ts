/** The certificate of an image server: a given one, or one of our own making that is kept and renewed. */
import { X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { hostname } from 'node:os';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { runProgram } from '../host/program.ts';

export interface Certificate {
  /** PEM texts. */
  readonly key: string;
  readonly cert: string;
  /** Where clients' administrators find it. */
  readonly certFile: string;
  /** SHA-256, AB:CD:… */
  readonly fingerprint: string;
}

const DAYS = 825;
const RENEW_BEFORE_MS = 30 * 24 * 3600 * 1000;

/** Throws the system's error for a file that cannot be read, and OpenSSL's for what is no certificate. */
export function readCertificate(certFile: string, keyFile: string): Certificate {
  const [cert, key] = [readFileSync(certFile, 'utf8'), readFileSync(keyFile, 'utf8')];
  return { key, cert, certFile, fingerprint: new X509Certificate(cert).fingerprint256 };
}

/** The certificate in `directory`, made anew where there is none for this host or it will soon be over. Throws TLXC_E_NETWORK. */
export async function ownCertificate(directory: string, host: string): Promise<Certificate> {
  const [certFile, keyFile] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  if (existsSync(certFile) && existsSync(keyFile)) {
    const known = readCertificate(certFile, keyFile);
    if (serves(known.cert, host)) return known;
  }
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const names = [
    'DNS:localhost',
    `DNS:${hostname()}`,
    'IP:127.0.0.1',
    'IP:::1',
    isIP(host) ? `IP:${host}` : `DNS:${host}`,
  ];
  const made = ['-keyout', `${keyFile}.new`, '-out', `${certFile}.new`];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', String(DAYS)];
  const subject = ['-subj', '/CN=tlxc-image', '-addext', `subjectAltName=${[...new Set(names)].join(',')}`];
  await runProgram(
    ['sh', '-c', 'umask 077; exec openssl "$@"', 'openssl', 'req', '-x509', ...kind, ...subject, ...made],
    {
      code: 'TLXC_E_NETWORK',
      what: 'no certificate could be made',
    },
  );
  renameSync(`${keyFile}.new`, keyFile);
  // The key stays ours; whoever is to trust the certificate may read it.
  chmodSync(`${certFile}.new`, 0o644);
  renameSync(`${certFile}.new`, certFile);
  return readCertificate(certFile, keyFile);
}

function serves(cert: string, host: string): boolean {
  const certificate = new X509Certificate(cert);
  const named = isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host);
  return named !== undefined && new Date(certificate.validTo).getTime() - RENEW_BEFORE_MS > Date.now();
}

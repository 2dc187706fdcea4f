/** Whom a TLS connection trusts beyond what Node trusts by itself. */
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { TlxcError } from '../errors.ts';

const contexts = new Map<string, SecureContext>();

/** For connections that also trust the certificates in the file. Throws TLXC_E_CONFIG where the file cannot be read, or has no certificate. */
export function trusting(file: string): SecureContext {
  const known = contexts.get(file);
  if (known) return known;
  const context = createSecureContext({ minVersion: 'TLSv1.2' });
  try {
    const certificates = readFileSync(file, 'utf8').match(
      /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g,
    );
    if (!certificates) throw new Error('it has no certificate (PEM)');
    // Unlike the option "ca", which would replace what is trusted already.
    const { addCACert } = context.context as { addCACert: (pem: string) => void };
    for (const certificate of certificates) addCACert.call(context.context, certificate);
  } catch (cause) {
    throw new TlxcError({
      code: 'TLXC_E_CONFIG',
      message: `the certificates of tlxc.image.ca cannot be used: ${file}: ${(cause as Error).message}`,
      path: file,
      cause,
      hint: 'tlxc.image.ca names a file of certificates in PEM',
    });
  }
  contexts.set(file, context);
  return context;
}

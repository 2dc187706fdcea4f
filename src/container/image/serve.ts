/** A directory of images, served. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SystemConfig } from '../../config/model.ts';
import { errnoWords } from '../../errno.ts';
import { TlxcError } from '../../errors.ts';
import { heeded } from '../../host/ignored-signals.ts';
import {
  ownCertificate,
  readCertificate,
  type Certificate,
  type ShownCertificate,
} from '../../image/certificate.ts';
import { renewIndexes } from '../../image/publish.ts';
import { serveDirectory } from '../../image/serve.ts';

export interface Serving {
  /** Absolute; it has images/. */
  readonly root: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** PEM files; null: a certificate of our own making, kept in tlxc.statedir. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null;
  readonly system: SystemConfig;
}

/** A directory of images while it is served. */
export interface ServedImages {
  /** https://HOST:PORT/ */
  readonly url: string;
  /** How many it has. */
  readonly images: number;
  readonly certificate: ShownCertificate;
  /** Ends it; requests that are being answered are broken off. */
  close(): Promise<void>;
}

/** Renews the indexes, then serves until closed. Throws TLXC_E_USAGE, TLXC_E_NETWORK. */
export async function serveImages(serving: Serving): Promise<ServedImages> {
  const { root, host, port } = serving;
  if (!existsSync(join(root, 'images'))) {
    throw new TlxcError({
      code: 'TLXC_E_USAGE',
      message: `${root} is no directory of images: it has no images/`,
      path: root,
      hint: 'tlxc-image export IMAGE DIRECTORY puts one there',
    });
  }
  const certificate = await certificateOf(serving);
  const images = await renewIndexes(root);
  const server = await serveDirectory({ root, host, port, tls: certificate }).catch((cause: unknown) => {
    const { code = '' } = cause as NodeJS.ErrnoException;
    const message = `${host}:${port} cannot be listened on: ${errnoWords(code)}`;
    throw new TlxcError({
      code: 'TLXC_E_NETWORK',
      message,
      errno: code,
      cause,
      hint: 'choose another (--listen=[ADDRESS:]PORT); ss -ltnp shows who has this one',
    });
  });
  const { cert, certFile, fingerprint } = certificate;
  return {
    url: server.url,
    images,
    certificate: { cert, certFile, fingerprint },
    close: () => server.close(),
  };
}

/** The same until a signal ends it. */
export async function serveUntilEnded(
  serving: Serving,
  onListening: (served: ServedImages) => void,
): Promise<void> {
  const served = await serveImages(serving);
  onListening(served);
  await new Promise((resolve) => {
    for (const signal of heeded(['SIGINT', 'SIGTERM', 'SIGHUP'])) process.once(signal, resolve);
  });
  await served.close();
}

async function certificateOf({ tls, host, system }: Serving): Promise<Certificate> {
  if (tls === null) return ownCertificate(join(system.stateDir, 'image-server'), host);
  try {
    return readCertificate(tls.certFile, tls.keyFile);
  } catch (cause) {
    if (cause instanceof TlxcError) throw cause;
    throw new TlxcError({
      code: 'TLXC_E_USAGE',
      message: `the certificate ${tls.certFile} or its key ${tls.keyFile} cannot be used: ${(cause as Error).message}`,
      hint: 'both are PEM, and the key is that of the certificate: openssl x509 -noout -pubkey -in FILE, openssl pkey -pubout -in FILE',
      cause,
    });
  }
}

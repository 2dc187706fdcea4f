/** tlxc-image serve: a directory of images for LXC's, Incus' and TLXC's clients. */
import { resolve } from 'node:path';
import { serveUntilEnded } from '../container/image/serve.ts';
import { inWords } from '../container/image/images.ts';
import { text, type Run } from './image-common.ts';
import { printable } from './printable.ts';
import { usageError } from './usage.ts';

const PORT = 8443;

/** [ADDRESS:]PORT, with an IPv6 address in brackets. */
function addressOf(listen: string): { readonly host: string; readonly port: number } {
  if (listen === '') return { host: '127.0.0.1', port: PORT };
  const [, bracketed, plain, port = ''] = /^(?:\[([^\]]+)\]:|([^:]+):)?(\d{1,5})$/.exec(listen) ?? [];
  if (port === '' || Number(port) > 65535) throw usageError(`--listen ${listen} is no [ADDRESS:]PORT`);
  return { host: bracketed ?? plain ?? '127.0.0.1', port: Number(port) };
}

export const serve: Run = async ({ options, system }, { cwd, stdout, stderr }, [directory = '']) => {
  const [cert, key] = [text(options['cert']), text(options['key'])];
  if ((cert === '') !== (key === '')) throw usageError('--cert and --key go together');
  const tls = cert === '' ? null : { certFile: resolve(cwd, cert), keyFile: resolve(cwd, key) };
  const what = { root: resolve(cwd, directory), ...addressOf(text(options['listen'])), tls, system };
  const serving = serveUntilEnded(what, ({ url, images, certificate: { certFile, fingerprint } }) => {
    const lines = [
      `${url} serves ${images} ${images === 1 ? 'image' : 'images'}`,
      `certificate: ${certFile}`,
      `SHA-256: ${fingerprint}`,
    ];
    stdout.write(lines.map((line) => `${printable(line)}\n`).join(''));
    // One of somebody's own may be signed by whom all machines trust.
    if (tls === null)
      stderr.write(
        "  hint: a client trusts it where tlxc.image.ca of its tlxc.conf names a copy of that certificate's file\n",
      );
  });
  await inWords(`${directory} cannot be served`, serving);
  return 0;
};

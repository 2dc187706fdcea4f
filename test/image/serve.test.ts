import { mkdtempSync, readdirSync, readlinkSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { serveDirectory } from '../../src/image/serve.ts';
import { eventually } from '../rig/eventually.ts';

const isOpen = (file: string): boolean =>
  readdirSync('/proc/self/fd').some((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === file;
    } catch {
      return false;
    }
  });

test('a file is closed when whoever took it has gone in the middle', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'tlxc-serve-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const file = join(root, 'rootfs.tar.xz');
  writeFileSync(file, '');
  truncateSync(file, 2 ** 30);
  const server = await serveDirectory({ root, tls: null });
  t.teardown(() => server.close());
  await Promise.all(
    Array.from(
      { length: 20 },
      () =>
        new Promise<void>((resolve) => {
          const request = get(`${server.url}rootfs.tar.xz`, (response) => {
            response.once('data', () => request.destroy()).once('close', resolve);
            response.on('error', () => undefined);
          });
        }),
    ),
  );
  t.true(await eventually(5, () => Promise.resolve(isOpen(file) ? undefined : true)));
});

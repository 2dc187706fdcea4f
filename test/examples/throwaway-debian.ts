/**
 * A test that needs a whole Debian: each test boots one of its own, does what it likes to it, and it is gone afterwards,
 * whether the test passes or fails. As root:
 *
 *     npm install ./tlxc-*.tgz typescript @types/node && npm pkg set type=module
 *     npx tsc --target es2022 --lib es2022,esnext.disposable --module nodenext --types node throwaway-debian.ts
 *     node --test throwaway-debian.js
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandError, Container, Images, TlxcError, type ThrowawayContainer } from 'tlxc';

const IMAGE = 'debian/bookworm';

/** Downloads the image where it is not stored yet. */
async function provideImage(): Promise<void> {
  const images = new Images();
  try {
    images.find(IMAGE);
  } catch (error) {
    if (!(error instanceof TlxcError && error.code === 'TLXC_E_NOT_FOUND')) throw error;
    await images.pull({ dist: 'debian', release: 'bookworm' });
  }
}

/** A Debian that has finished booting. Use it with `await using`. */
async function bootDebian(): Promise<ThrowawayContainer> {
  await provideImage();
  const debian = await Container.throwaway({ template: 'local', args: { image: IMAGE } });
  try {
    await debian.start({ wait: 'ready' });
  } catch (error) {
    await debian.destroy({ force: true });
    throw error;
  }
  return debian;
}

const CRASHER = `[Service]
ExecStart=/bin/sh -c 'echo run >> /run/crashes; exit 1'
Restart=on-failure
RestartSec=0
`;

test('systemd starts a service again that crashes', async () => {
  await using debian = await bootDebian();
  await debian.writeFile('/etc/systemd/system/crasher.service', CRASHER);
  await debian.exec(['systemctl', 'daemon-reload']);
  await debian.exec(['systemctl', 'start', 'crasher']);
  await debian.waitFor('exec:test $(wc -l < /run/crashes) -ge 2', { timeoutMs: 30_000 });
});

test('a failure says what the command had to say', async () => {
  await using debian = await bootDebian();
  await assert.rejects(
    async () => debian.exec(['systemctl', 'start', 'nothing']),
    (error: unknown) =>
      error instanceof CommandError && error.status === 5 && error.stderr.includes('not found'),
  );
});

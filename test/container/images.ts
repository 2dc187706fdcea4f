/** A tiny image, published and served, and the places of a TLXC that creates containers from it. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { loadSystemConfig } from '../../src/config/system.ts';
import { createContainer } from '../../src/container/create/create.ts';
import type { CreateRequest } from '../../src/container/create/making.ts';
import { compressFile } from '../../src/image/archive.ts';
import { publishedMetadata, publishImage } from '../../src/image/publish.ts';
import { serveImages, type Fault } from '../rig/serve-images.ts';
import { tarOf, type Entry } from '../image/archives.ts';

/** As small as a system that could be named: what create edits, and what it must leave alone. */
export const tinySystem: readonly Entry[] = [
  { path: './', type: 'Directory' },
  { path: './etc/', type: 'Directory' },
  { path: './etc/hostname', content: 'LXC_NAME\n' },
  { path: './etc/hosts', content: '127.0.0.1 localhost\n127.0.1.1 LXC_NAME\n' },
  { path: './etc/passwd', content: 'root:x:0:0::/root:/bin/sh\n' },
  { path: './sbin/', type: 'Directory' },
  { path: './sbin/init', content: '#!/bin/sh\n', mode: 0o755 },
];

export async function servedImage(
  t: ExecutionContext,
  how: { entries?: readonly Entry[]; fault?: (path: string, before: number) => Fault | null } = {},
) {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-create-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const archive = join(dir, 'rootfs.tar');
  writeFileSync(archive, tarOf(how.entries ?? tinySystem));
  const product = {
    dist: 'tiny',
    release: 'one',
    arch: 'amd64',
    variant: 'default',
    build: '20260101_00:00',
  };
  await publishImage({
    ...product,
    root: join(dir, 'www'),
    writeRootfs: (file) => compressFile(archive, file, 0),
    metadata: publishedMetadata('amd64', 'You just created a tiny one.'),
  });
  const server = await serveImages({ root: join(dir, 'www'), ...(how.fault && { fault: how.fault }) });
  t.teardown(() => server.close());
  const conf = join(dir, 'tlxc.conf');
  const places = ['lxc', 'run', 'cache', 'state'].map((name) => join(dir, name));
  const keys = ['lxc.lxcpath', 'tlxc.rundir', 'tlxc.cachedir', 'tlxc.statedir'];
  const settings = keys.map((key, index) => `${key} = ${places[index]}`);
  writeFileSync(conf, [...settings, `tlxc.image.server = ${server.url}`, ''].join('\n'));
  const environment = { PATH: process.env['PATH'], TLXC_CONF: conf };
  const system = loadSystemConfig(environment);
  mkdirSync(system.lxcpath);
  const create = (name: string, over: Partial<CreateRequest> = {}) =>
    createContainer({
      ...{ name, system, environment, lxcpath: system.lxcpath, template: 'download', privileged: false },
      templateArgs: ['-d', 'tiny', '-r', 'one', '-a', 'amd64'],
      ...over,
    });
  const entries = (path: string) => readdirSync(path).sort();
  return { dir, archive, server, system, environment, create, entries };
}

/** The directory of a container, as somebody's on this host: whether what it says may reach into the host. */
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { loadContainerConfig } from '../../config/load.ts';
import { readConfigFile } from '../../config/read-file.ts';
import { TlxcError } from '../../errors.ts';
import { isKeptByOwner } from '../../host/kept-by-owner.ts';
import { ownFiles } from '../copy/config.ts';
import type { ImportRequest } from './request.ts';

/** Whether it, its configuration and the files of its own that this names are root's or the caller's alone. */
export function isTrustedDirectory(source: string): boolean {
  const directory = realpathSync(source);
  const config = join(directory, 'config');
  if (!existsSync(config)) return true; // there is nothing to trust, and the export says so
  if (!isKeptByOwner(directory) || !isKeptByOwner(realpathSync(config))) return false;
  const named = ownFiles({ text: readConfigFile(config).text, file: config, sourceDir: source });
  return named
    .map((name) => join(directory, name))
    .every((file) => !existsSync(file) || isKeptByOwner(realpathSync(file)));
}

/**
 * What another user wrote must not lead to files that are not that user's container. Throws TLXC_E_PERMISSION where its root
 * filesystem is anything but a directory below its own.
 */
export function refuseLeadingOut({ source, environment }: ImportRequest, name: string): void {
  const configFile = join(source, 'config');
  const { rootfs } = loadContainerConfig({ name, lxcpath: join(source, '..'), configFile, environment });
  const path = rootfs.path?.value.replace(/^dir:/, '') ?? '';
  if (existsSync(path) && realpathSync(path).startsWith(`${realpathSync(source)}/`)) return;
  throw new TlxcError({
    code: 'TLXC_E_PERMISSION',
    message: `${source} can be changed by others than you, and its lxc.rootfs.path (${path}) is no directory below it`,
    path: source,
    hint: 'let its owner tlxc-export it, and import that file; trusted (--trust), it is taken as it is',
  });
}

/** What the actions of tlxc-image have in common: how they are called, whose store, which servers, where words go. */
import { openStore, type ImagePlace } from '../container/images.ts';
import { TlxcError } from '../errors.ts';
import { serverUrl } from '../image/server.ts';
import type { ImageStore, StoredImage } from '../image/store.ts';
import { imageName, namesOf } from '../image/stored-image.ts';
import type { Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { imageProgress } from './image-progress.ts';
import { shortDigest } from './image-table.ts';
import { printable } from './printable.ts';

/** words: those after the action's own. Resolves to the exit status. */
export type Run = (
  invocation: Invocation,
  context: CommandContext,
  words: readonly string[],
) => Promise<number>;

export const usage = (message: string, hint = 'tlxc-image --help shows what it takes'): TlxcError =>
  new TlxcError({ code: 'TLXC_E_USAGE', message, hint });

/** An option's argument, "" where it was not given. */
export const text = (value: Invocation['options'][string]): string =>
  typeof value === 'string' ? value : '';

export const placeOf = ({ system, lxcpath }: Invocation, { env }: CommandContext): ImagePlace => ({
  ...{ system, lxcpath },
  environment: env,
});

/** The store of whoever runs the command. */
export const storeOf = (invocation: Invocation, context: CommandContext): ImageStore =>
  openStore(placeOf(invocation, context));

/** --server, else those of tlxc.image.server. */
export const serversOf = ({ options, system }: Invocation): URL[] =>
  (text(options['server']) ? [text(options['server'])] : system.imageServers).map(serverUrl);

/** Throws where tlxc.image.offline forbids what the person asks for. */
export function refuseOffline({ system }: Invocation): void {
  if (!system.imageOffline) return;
  throw new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: 'offline: no image server is asked',
    hint: 'tlxc.image.offline = 0 in tlxc.conf lets servers be asked; tlxc-image list shows what is stored',
  });
}

/** Progress to standard error: standard output is for the answer. */
export function quietly({ quiet }: Invocation, { stderr }: CommandContext) {
  const progress = imageProgress({ stdout: stderr, stderr }, quiet);
  return { onEvent: progress.show, done: progress.end };
}

/** NAME BUILD DIGEST, a line. */
export const stored = ({ info }: StoredImage): string =>
  printable(`${imageName(info)} ${namesOf(info.source)?.build ?? ''}`).trimEnd() +
  ` ${shortDigest(info.id)}\n`;

/** What the actions of tlxc-image have in common: how they are called, whose store, which servers, where words go. */
import { openStore, packingAs, type ImagePlace } from '../container/image/images.ts';
import { serversOf as systemServers } from '../container/image/pull.ts';
import type { ImageStore, StoredImage } from '../image/store.ts';
import { imageName, namesOf, originOf } from '../image/stored-image.ts';
import type { Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { imageProgress } from './image-progress.ts';
import { bytesOf, shortDigest } from './image-table.ts';
import { argumentOf, type OptionValue } from './options.ts';
import { jsonText, printable } from './printable.ts';

/** words: those after the action's own. Resolves to the exit status. */
export type Run = (
  invocation: Invocation,
  context: CommandContext,
  words: readonly string[],
) => Promise<number>;

/** An option's argument, "" where it was not given. */
export const text = (value: OptionValue): string => argumentOf(value) ?? '';

export const placeOf = (invocation: Invocation, { env }: CommandContext): ImagePlace => ({
  system: invocation.system,
  lxcpath: invocation.lxcpath,
  environment: env,
  packs: text(invocation.options['pack']) === '' ? null : packingAs(text(invocation.options['pack'])),
});

/** The store of whoever runs the command. */
export const storeOf = (invocation: Invocation, context: CommandContext): ImageStore =>
  openStore(placeOf(invocation, context));

/** --server, else those of tlxc.image.server. */
export const serversOf = ({ options, system }: Invocation): URL[] =>
  systemServers(system, text(options['server']));

/** Progress to standard error: standard output is for the answer. */
export function quietly({ quiet }: Invocation, { stderr, env }: CommandContext) {
  const progress = imageProgress({ stdout: stderr, stderr, env }, quiet);
  return { onEvent: progress.show, done: progress.end };
}

/** NAME BUILD DIGEST, a line. */
export const stored = ({ info }: StoredImage): string =>
  printable(`${imageName(info)} ${namesOf(info.source)?.build ?? ''}`).trimEnd() +
  ` ${shortDigest(info.id)}\n`;

/** For --json: what is known of an image without asking who uses it. */
export const storedJson = ({ info }: StoredImage) => ({
  ...{ name: imageName(info), sha256: info.id, build: namesOf(info.source)?.build ?? null },
  ...{ kind: info.source.kind, origin: originOf(info.source), size: bytesOf(info) },
});

/** The answer of what has brought an image into the store. */
export function tellStored(image: StoredImage, { options }: Invocation, { stdout }: CommandContext): void {
  stdout.write(options['json'] === true ? jsonText(storedJson(image)) : stored(image));
}

/** What a new container's cloud-init is told, of tlxc-create and tlxc-copy. */
import { resolve } from 'node:path';
import { readConfigFile, takeStream } from '../config/read-file.ts';
import type { CloudInit } from '../storage/cloud-init.ts';
import type { Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import type { OptionSpec } from './options.ts';
import { usageError } from './usage.ts';

const FILES = [
  ['user-data', 'userData'],
  ['vendor-data', 'vendorData'],
  ['network-config', 'networkConfig'],
  ['meta-data', 'metaData'],
] as const;

export const CLOUD_INIT_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--user-data <FILE>',
    description:
      'What its cloud-init is to do at the first boot: a file that begins\nwith #cloud-config or #!; - is standard input',
    yields: true,
  },
  { flags: '--vendor-data <FILE>', description: 'The same, where user data say nothing else', yields: true },
  { flags: '--network-config <FILE>', description: 'What its cloud-init makes of the network', yields: true },
  {
    flags: '--meta-data <FILE>',
    description: 'What it is to know of the machine; instance-id and\nlocal-hostname are added',
    yields: true,
  },
];

/** The first of them that was given. */
export const cloudInitOption = ({ options }: Invocation): string | undefined =>
  FILES.find(([, key]) => options[key] !== undefined)?.[0];

/** As much as a file may have. */
const LIMIT = 1024 * 1024;

async function standardInput({ stdin }: CommandContext): Promise<string> {
  let text = '';
  stdin.setEncoding('utf8');
  for await (const chunk of stdin) {
    text += String(chunk);
    if (text.length > LIMIT) throw usageError('more than 1 MiB comes out of standard input');
  }
  return text;
}

function fileText(file: string, { cwd }: CommandContext): string {
  const path = resolve(cwd, file);
  takeStream(path);
  return readConfigFile(path).text;
}

/** undefined: no such option was given. Throws TLXC_E_CONFIG for a file that cannot be read, or is no text. */
export async function cloudInitOf(
  { options }: Invocation,
  context: CommandContext,
): Promise<CloudInit | undefined> {
  const given = FILES.flatMap(([option, key]) => {
    const file = options[key];
    return typeof file === 'string' ? [{ option, key, file }] : [];
  });
  const [first, second] = given.filter(({ file }) => file === '-');
  if (first && second)
    throw usageError(`--${first.option} and --${second.option} cannot both be standard input`);
  const told: Partial<Record<keyof CloudInit, string>> = {};
  for (const { key, file } of given)
    told[key] = file === '-' ? await standardInput(context) : fileText(file, context);
  return given.length > 0 ? told : undefined;
}

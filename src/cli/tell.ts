/** What a command says beside its answer, on standard error: lines for people, with --json one object a line. */
import type { SystemConfig } from '../config/model.ts';
import { TlxcError } from '../errors.ts';
import { shellWord } from '../shell-word.ts';
import type { CommandContext } from './context.ts';
import { errorObject, warningObject } from './error-json.ts';
import type { Log } from './log.ts';
import { jsonLine, printable } from './printable.ts';
import { clearing } from './progress.ts';
import { renderError } from './render.ts';

/** Commands that are offered, of a container by -n, or all of them. */
const OFFERED = /\b(tlxc-ls\b|tlxc-[a-z]+(?=( -\w| --[a-z-]+)* -n \S))(?! -P)/g;

/** They are to look into the store that -P named. */
function inStore(text: string, { lxcpath, lxcpaths, system }: Asked): string {
  if (lxcpaths?.length !== 1 || lxcpath === undefined || lxcpath === system?.lxcpath) return text;
  return text.replace(OFFERED, (command) => `${command} -P ${shellWord(lxcpath)}`);
}

function withStore(error: unknown, asked: Asked): unknown {
  if (!(error instanceof TlxcError) || error.hint === undefined) return error;
  return new TlxcError({ ...error.details, hint: inStore(error.hint, asked) });
}

/** What of the command line decides; Invocation has all of it. */
export interface Asked {
  readonly name: string;
  readonly quiet: boolean;
  readonly options: Readonly<Record<string, unknown>>;
  readonly log: Log;
  readonly lxcpath?: string;
  readonly lxcpaths?: readonly string[];
  readonly system?: Pick<SystemConfig, 'lxcpath'>;
}

type Voice = Pick<CommandContext, 'program' | 'stderr'>;

/** Says it, unless -q, and logs it where -o says. name: the container where it is not the command's own. */
export function tellError(
  failure: unknown,
  asked: Asked,
  { program, stderr }: Voice,
  name = asked.name,
): void {
  const error = withStore(failure, asked);
  const lines = renderError(program, error, name);
  const json = asked.options['json'] === true;
  if (!asked.quiet)
    stderr.write(
      clearing(stderr) +
        (json ? jsonLine(errorObject(program, error, name)) : lines.map((line) => `${line}\n`).join('')),
    );
  for (const line of lines) asked.log('ERROR', line);
}

/** What a foreground start says when init, given a signal, has not ended (ForegroundPlace); '' with -q. */
export function signalNote(asked: Asked, { program }: Voice, name: string): string {
  if (asked.quiet) return '';
  return (
    `${program}: ${name} was given the signal, and has not ended\n` +
    `  hint: the same again within 10 s ends it at once; ${inStore(`tlxc-stop -n ${name}`, asked)} shuts it down\n`
  );
}

/** The same for what stops nothing: `PROGRAM: NAME: warning: TEXT`. */
export function warner(asked: Asked, voice: Voice, name = asked.name): (text: string) => void {
  const { quiet, options, log } = asked;
  const { program } = voice;
  const prefix = name === '' ? program : `${program}: ${name}`;
  return (said) => {
    const text = inStore(said, asked);
    // Not before: a stream is made when it is first asked for.
    const { stderr } = voice;
    if (!quiet && options['json'] === true) stderr.write(jsonLine(warningObject(program, text, name)));
    else if (!quiet) stderr.write(`${clearing(stderr)}${prefix}: warning: ${printable(text)}\n`);
    log('WARN', text);
  };
}

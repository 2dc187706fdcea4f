/** What a command says beside its answer, on standard error: lines for people, with --json one object a line. */
import type { CommandContext } from './context.ts';
import { errorObject, warningObject } from './error-json.ts';
import type { Log } from './log.ts';
import { jsonLine, printable } from './printable.ts';
import { clearing } from './progress.ts';
import { renderError } from './render.ts';

/** What of the command line decides; Invocation has all of it. */
export interface Asked {
  readonly name: string;
  readonly quiet: boolean;
  readonly options: Readonly<Record<string, unknown>>;
  readonly log: Log;
}

type Voice = Pick<CommandContext, 'program' | 'stderr'>;

/** Says it, unless -q, and logs it where -o says. name: the container where it is not the command's own. */
export function tellError(error: unknown, asked: Asked, { program, stderr }: Voice, name = asked.name): void {
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
export function signalNote({ quiet }: Asked, { program }: Voice, name: string): string {
  if (quiet) return '';
  return (
    `${program}: ${name} was given the signal, and has not ended\n` +
    `  hint: the same again within 10 s ends it at once; tlxc-stop -n ${name} shuts it down\n`
  );
}

/** The same for what stops nothing: `PROGRAM: NAME: warning: TEXT`. */
export function warner(
  { quiet, options, log, ...asked }: Asked,
  voice: Voice,
  name = asked.name,
): (text: string) => void {
  const { program } = voice;
  const prefix = name === '' ? program : `${program}: ${name}`;
  return (text) => {
    // Not before: a stream is made when it is first asked for.
    const { stderr } = voice;
    if (!quiet && options['json'] === true) stderr.write(jsonLine(warningObject(program, text, name)));
    else if (!quiet) stderr.write(`${clearing(stderr)}${prefix}: warning: ${printable(text)}\n`);
    log('WARN', text);
  };
}

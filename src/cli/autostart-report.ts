/** What tlxc-autostart tells while it works and when it is done. */
import type { AutostartAction } from '../container/start-order.ts';
import type { TlxcError } from '../errors.ts';
import type { Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { jsonText, printable } from './printable.ts';
import { renderError } from './render.ts';

const DONE = { start: 'started', reboot: 'rebooted', shutdown: 'stopped', kill: 'killed' } as const;

interface Outcome {
  readonly name: string;
  /** "failed" with the error. */
  readonly outcome: (typeof DONE)[AutostartAction] | 'failed';
  readonly milliseconds?: number;
  readonly error?: Readonly<Record<string, unknown>>;
}

/** What programs get of an error. */
function errorMembers({ code, message, details }: TlxcError): Readonly<Record<string, unknown>> {
  const { where, problems, hint } = details;
  return { code, message, ...(where && { where }), ...(problems && { problems }), ...(hint && { hint }) };
}

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;

export class AutostartReport {
  readonly #outcomes: Outcome[] = [];
  readonly #reasons: string[] = [];

  /** `concerned`: how many containers something is done to, or should be. */
  constructor(
    private readonly invocation: Invocation,
    private readonly context: CommandContext,
    private readonly work: { readonly action: AutostartAction; readonly concerned: number },
  ) {}

  get failures(): number {
    return this.#reasons.length;
  }

  done(name: string, milliseconds: number): void {
    const outcome = DONE[this.work.action];
    this.#outcomes.push({ name, outcome, milliseconds: Math.round(milliseconds) });
    const place = `[${this.#outcomes.length}/${this.work.concerned}]`;
    this.#note(`${this.context.program}: ${place} ${name} ${outcome} in ${seconds(milliseconds)}`);
  }

  failed(name: string, error: TlxcError): void {
    this.#outcomes.push({ name, outcome: 'failed', error: errorMembers(error) });
    const lines = renderError(this.context.program, error, name);
    this.#reasons.push(`  ${name}: ${(lines[0] ?? '').replace(/^\S+ (\S+: )?/, '')}`);
    for (const line of lines) this.#say(line, 'ERROR');
  }

  warn(text: string, name?: string): void {
    const place = name === undefined ? '' : ` ${name}:`;
    this.#say(`${this.context.program}:${place} warning: ${printable(text)}`, 'WARN');
  }

  /** Of several containers, what became of them; with --json of each. */
  end(): void {
    const { action, concerned } = this.work;
    if (this.invocation.options['json'] === true)
      this.context.stdout.write(jsonText({ action, containers: this.#outcomes }));
    if (this.failures === 0 || concerned < 2) return;
    const well = this.#outcomes.length - this.failures;
    const were = this.failures === 1 ? '1 was not' : `${this.failures} were not`;
    this.#say(
      `${this.context.program}: ${well} of ${concerned} containers ${DONE[action]}, ${were}:`,
      'ERROR',
    );
    for (const reason of this.#reasons) this.#say(reason, 'ERROR');
  }

  /** How far it is, for who watches: a person at a terminal, or the journal. */
  #note(line: string): void {
    const { stderr, env } = this.context;
    if (!this.invocation.quiet && (stderr.isTTY === true || env['JOURNAL_STREAM'] !== undefined))
      stderr.write(`${line}\n`);
    this.invocation.log('INFO', line);
  }

  #say(line: string, level: 'WARN' | 'ERROR'): void {
    if (!this.invocation.quiet) this.context.stderr.write(`${line}\n`);
    this.invocation.log(level, line);
  }
}

/** What tlxc-autostart tells while it works and when it is done. */
import type { AutostartAction } from '../container/autostart/order.ts';
import type { TlxcError } from '../errors.ts';
import type { Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { errorObject, type Told } from './error-json.ts';
import { jsonText } from './printable.ts';
import { clearing, whileShown } from './progress.ts';
import { renderError } from './render.ts';
import { tellError, warner } from './tell.ts';

const DOING = { start: 'starting', reboot: 'rebooting', shutdown: 'stopping', kill: 'killing' } as const;
const DONE = { start: 'started', reboot: 'rebooted', shutdown: 'stopped', kill: 'killed' } as const;

interface Outcome {
  readonly name: string;
  /** "failed" with the error. */
  readonly outcome: (typeof DONE)[AutostartAction] | 'failed';
  readonly milliseconds?: number;
  readonly error?: Told;
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

  /** Does it all; who waits sees that it goes on. */
  async while(work: () => Promise<unknown>): Promise<void> {
    const { action, concerned } = this.work;
    const doing = `${DOING[action]} ${concerned === 1 ? '1 container' : `${concerned} containers`}`;
    await whileShown(this.invocation, this.context, doing, work);
  }

  done(name: string, milliseconds: number): void {
    const outcome = DONE[this.work.action];
    this.#outcomes.push({ name, outcome, milliseconds: Math.round(milliseconds) });
    const place = `[${this.#outcomes.length}/${this.work.concerned}]`;
    this.#note(`${this.context.program}: ${place} ${name} ${outcome} in ${seconds(milliseconds)}`);
  }

  failed(name: string, error: TlxcError): void {
    const { program } = this.context;
    this.#outcomes.push({ name, outcome: 'failed', error: errorObject(program, error, name) });
    const [first = ''] = renderError(program, error, name);
    this.#reasons.push(`  ${name}: ${first.replace(/^\S+ (\S+: )?/, '')}`);
    tellError(error, this.invocation, this.context, name);
  }

  warn(text: string, name = ''): void {
    warner(this.invocation, this.context, name)(text);
  }

  /** Of several containers, what became of them; with --json of each. */
  end(): void {
    const { action, concerned } = this.work;
    if (this.invocation.options['json'] === true)
      this.context.stdout.write(jsonText({ action, containers: this.#outcomes }));
    // To programs that tells it all.
    if (this.failures === 0 || concerned < 2 || this.invocation.options['json'] === true) return;
    const well = this.#outcomes.length - this.failures;
    const were = this.failures === 1 ? '1 was not' : `${this.failures} were not`;
    const summary = `${this.context.program}: ${well} of ${concerned} containers ${DONE[action]}, ${were}:`;
    for (const line of [summary, ...this.#reasons]) {
      if (!this.invocation.quiet) this.context.stderr.write(`${line}\n`);
      this.invocation.log('ERROR', line);
    }
  }

  /** How far it is, for who watches: a person at a terminal, or the journal. */
  #note(line: string): void {
    const { stderr, env } = this.context;
    const { quiet, options } = this.invocation;
    if (!quiet && options['json'] !== true && (stderr.isTTY === true || env['JOURNAL_STREAM'] !== undefined))
      stderr.write(`${clearing(stderr)}${line}\n`);
    this.invocation.log('INFO', line);
  }
}

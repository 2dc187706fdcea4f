/** How a container that has ended is started again (tlxc.restart), and the order that its monitor leaves for that. */
import { flag, record, text, texts, whole } from './schema-parts.ts';

export const Restart = record('Restart', {
  /** Whatever its end; else only where it failed. Never where somebody stopped it. */
  always: flag,
  /** Starts it again; run with the hooks' environment. Status 3: it is of no use to try again. */
  argv: texts,
  /** Before the first restart; it doubles each time. Milliseconds. */
  delayMs: whole,
  maxDelayMs: whole,
  /** Restarts in a row; 0: no limit. */
  max: whole,
  /** A container that has run as long begins a new row. */
  calmMs: whole,
  /** Restarts in a row up to now, the one that is waited for included. */
  count: whole,
});

/** What the process that waits for a restart reads on its standard input. */
export const RestartOrder = record('RestartOrder', { runDir: text, restart: Restart });

/** A hint: what to do about one way in which a start fails. */
import type { StartMessage } from '../../monitor/protocol.ts';

/** The monitor's account of it. */
export type FailedMessage = Extract<StartMessage, { kind: 'failed' }>;

/** It is given where everything that it names fits. */
export interface Hint {
  readonly step: RegExp;
  readonly errno?: RegExp;
  readonly syscall?: RegExp;
  readonly detail?: RegExp;
  readonly hint: string | ((failed: FailedMessage) => string);
}

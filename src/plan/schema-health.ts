/** How the monitor finds out whether what runs in the container is well (tlxc.health.*). */
import { Type } from '@sinclair/typebox';
import { Origin, flag, record, text, texts, whole } from './schema-parts.ts';

export const Health = record('Health', {
  /** Restricted as an attached command is. Well is what exits 0. */
  argv: texts,
  /** As whom, inside. */
  uid: whole,
  gid: whole,
  groups: Type.Array(whole),
  /** USER[:GROUP], looked up in the container's own files by root, which uid is then; "": uid is who it is. */
  user: text,
  /** KEY=VALUE, all of it. */
  environment: texts,
  /** Where tlxc-enter lies. */
  enter: text,
  /** The v2 group that it is born in, below the container's inner one. */
  leaf: text,
  /** Between the end of one run and the beginning of the next. Milliseconds, as all times here. */
  intervalMs: whole,
  /** The same until it was well for the first time, as long as the start goes on. */
  startIntervalMs: whole,
  /** How long a start may take: failures until then count only after a success. */
  startPeriodMs: whole,
  /** A run that takes longer is killed, with all of its session. */
  timeoutMs: whole,
  /** So many failures in a row make it unhealthy. */
  retries: whole,
  /** An unhealthy container is ended, so that it is started again. */
  endsUnhealthy: flag,
  /** How long its init may take to end; then it is killed. */
  haltMs: whole,
  origin: Origin,
});

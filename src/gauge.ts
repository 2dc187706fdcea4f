/** How far something is that takes its time: it is asked, by whoever looks, and costs nothing as long as nobody does. */

/** In bytes. */
export interface Amount {
  readonly done: number;
  /** About how many there are to do; null: not known, or not yet. */
  readonly total: number | null;
}

/** Tells how far it is, whenever it is asked. */
export type Gauge = () => Amount;

/** What is done just now; writing: what is made waits for the disk. */
export type Stage = 'copying' | 'exporting' | 'checking' | 'unpacking' | 'writing';

/** Of what cannot be measured: the wait for the disk (writing). */
export const unmeasured: Gauge = () => ({ done: 0, total: null });

/** Told at the beginning of each stage how to ask how far that is. */
export type OnStage = (stage: Stage, gauge: Gauge) => void;

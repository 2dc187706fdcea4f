/** How far something is that takes its time: it is asked, by whoever looks, and costs nothing as long as nobody does. */

/** In bytes. */
export interface Amount {
  readonly done: number;
  /** About how many there are to do; null: not known, or not yet. */
  readonly total: number | null;
}

/** Tells how far it is, whenever it is asked. */
export type Gauge = () => Amount;

/**
 * What is done just now; writing: what is made waits for the disk; sweeping: what a command that was killed has left is removed,
 * or what is replaced; working: what was asked for, after that.
 */
export type Stage =
  'copying' | 'exporting' | 'checking' | 'unpacking' | 'packing' | 'writing' | 'sweeping' | 'working';

/** Of what cannot be measured: the wait for the disk (writing), say. */
export const unmeasured: Gauge = () => ({ done: 0, total: null });

/** Told at the beginning of each stage how to ask how far that is. */
export type OnStage = (stage: Stage, gauge: Gauge) => void;

/** Tells that something is removed that is in the way, as long as that takes. */
export async function whileSweeping(
  onStage: OnStage | undefined,
  remove: () => Promise<void>,
): Promise<void> {
  onStage?.('sweeping', unmeasured);
  try {
    await remove();
  } finally {
    onStage?.('working', unmeasured);
  }
}

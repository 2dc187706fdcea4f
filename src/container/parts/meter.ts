/** What the running containers of a store use, as a program watches it. */
import { Meter, type Measurement } from '../info/meter.ts';
import { placeOf, type StoreOptions } from './place.ts';

/** Whose use is watched. */
export interface MeterOptions extends StoreOptions {
  /** Only these; all unless given. */
  readonly names?: readonly string[];
}

/** Looks again and again, as tlxc-top does; rates are the difference to the look before. */
export interface UseMeter {
  /** The containers that run now, by name. */
  look(): readonly Measurement[];
}

/** What the running containers of the store use, and how fast (tlxc-top). Changes nothing. */
export const meter = ({ names = [], ...place }: MeterOptions = {}): UseMeter =>
  new Meter([placeOf(place)], names);

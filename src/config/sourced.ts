/** Small steps from settings, which know their lines, to the typed configuration. */
import type { Sourced } from './model.ts';

/** { [name]: value } where the key is set, {} where not: what an optional property is spread from. */
export function optional<N extends string, T>(name: N, value: T | undefined): { readonly [K in N]?: T } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [K in N]?: T };
}

/** The changed value, of the same line. */
export const mapped = <T, U>({ value, at }: Sourced<T>, change: (value: T) => U): Sourced<U> => ({
  value: change(value),
  at,
});

/** JSON that others have written: nothing of it is as it should be until it was looked at. */

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** "": it is no text. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

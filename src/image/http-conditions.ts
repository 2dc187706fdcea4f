/** What of a file a request is for, and whether it has that already: Range and the conditional headers (RFC 9110). Pure. */
import type { IncomingHttpHeaders } from 'node:http';

/** The file as it is now. */
export interface Version {
  readonly size: number;
  readonly modifiedMs: number;
  /** With its quotes. */
  readonly etag: string;
}

/** From byte `start` to byte `end`, that too; or what there is none of to send. */
export type Wanted =
  | { readonly status: 200 | 206; readonly start: number; readonly end: number }
  | { readonly status: 304 | 416 };

/** HTTP's times have no fractions. */
const second = (milliseconds: number): number => Math.floor(milliseconds / 1000);

const isTime = (
  text: string,
  modifiedMs: number,
  fits: (theirs: number, ours: number) => boolean,
): boolean => {
  const time = Date.parse(text);
  return !Number.isNaN(time) && fits(second(time), second(modifiedMs));
};

/** Whether the client has this version: by its tag, or where it names none by its time. */
function isKnown(headers: IncomingHttpHeaders, { etag, modifiedMs }: Version): boolean {
  const [tags, since] = [headers['if-none-match'], headers['if-modified-since']];
  if (tags !== undefined)
    return tags.split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')));
  return since !== undefined && isTime(since, modifiedMs, (theirs, ours) => ours <= theirs);
}

/** A range of another version is worth nothing: who asks to go on with one gets the whole. */
function isForThis(condition: string | undefined, { etag, modifiedMs }: Version): boolean {
  if (condition === undefined || condition === etag) return true;
  return !/^(W\/)?"/.test(condition) && isTime(condition, modifiedMs, (theirs, ours) => ours === theirs);
}

/** null: none that means anything, which is to be passed over. */
function rangeIn(text: string, size: number): Wanted | null {
  const [, first, last, suffix] = /^bytes=(?:(\d+)-(\d*)|-(\d+))$/.exec(text.trim()) ?? [];
  if (first === undefined && suffix === undefined) return null;
  const start = suffix === undefined ? Number(first) : Math.max(0, size - Number(suffix));
  const end = last ? Math.min(Number(last), size - 1) : size - 1;
  if (last && Number(last) < start) return null;
  return start >= size ? { status: 416 } : { status: 206, start, end };
}

export function wantedOf(headers: IncomingHttpHeaders, version: Version): Wanted {
  if (isKnown(headers, version)) return { status: 304 };
  const { range } = headers;
  const isAsked = range !== undefined && isForThis(headers['if-range'] as string | undefined, version);
  const part = isAsked ? rangeIn(range, version.size) : null;
  return part ?? { status: 200, start: 0, end: version.size - 1 };
}

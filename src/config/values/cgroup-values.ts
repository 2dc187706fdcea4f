/**
 * Values of control group files, each kind checked as loosely as the kernel's own parser does it. A check throws BadValue
 * for what no kernel takes, and says by `warn` what a kernel takes for something else.
 */
import { BadValue } from '../key.ts';
import { nearest } from '../nearest.ts';
import { bytes, rangeText, wholeNumber } from './cgroup-numbers.ts';

export type Warn = (message: string) => void;
export type Check = (value: string, warn: Warn) => void;

export const S64 = 2 ** 63;
export const U64 = 2 ** 64;

/** The attempt's refusal, with all that the file takes. */
function told(what: string, attempt: () => unknown): void {
  try {
    attempt();
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    throw new BadValue(`it must be ${what}`, error.fault);
  }
}

/** Bytes, or the word for no limit. */
export const size =
  (unlimited: 'max' | '-1'): Check =>
  (value) => {
    const what = `a number of bytes, such as 512M (K, M, G or T), or ${unlimited} for no limit`;
    if (value.trim() !== unlimited) told(what, () => bytes(value));
  };

export const number =
  (least: number, most: number): Check =>
  (value) =>
    void wholeNumber(value, least, most);

export const count =
  (most: number): Check =>
  (value) => {
    if (value.trim() !== 'max') told(`${rangeText(0, most)}, or max`, () => wholeNumber(value, 0, most));
  };

export const oneOf =
  (...words: readonly string[]): Check =>
  (value) => {
    if (words.includes(value.trim())) return;
    const meant = nearest(value, words);
    throw new BadValue(`it must be one of ${words.join(', ')}`, {
      allowed: words,
      ...(meant && { nearest: meant }),
    });
  };

/** Of some values the kernel reads the front, and leaves the rest, most often a unit, without a word. */
function warnOfRest(read: string, rest: string, warn: Warn): void {
  if (rest.trim() !== '')
    warn(`the kernel reads ${read} and leaves ${JSON.stringify(rest)}: this file takes no units`);
}

/** Where the kernel reads by sscanf, a leading 0 means nothing. */
const decimal = (digits: string): string => digits.replace(/^0+(?=\d)/, '');

/** Microseconds: the kernel's bounds of a period, and the least quota. */
export const PERIOD = [1000, 1_000_000] as const;
const QUOTA = `${PERIOD[0]} microseconds or more`;

export const quotaV1: Check = (value) =>
  told(`${QUOTA}, or -1 for no limit`, () =>
    wholeNumber(value, value.trim().startsWith('-') ? -S64 : PERIOD[0], S64),
  );

export const quotaV2: Check = (value, warn) => {
  const what = `QUOTA [PERIOD] in microseconds: a quota of ${PERIOD[0]} or more, or max; a period from ${PERIOD.join(' to ')}`;
  const [, quota = '', unit = '', period, rest = ''] =
    /^\s*(max(?!\S)|\d+)(\S*)(?:\s+(\d+))?(.*)$/s.exec(value) ?? [];
  told(what, () => {
    if (quota !== 'max') wholeNumber(decimal(quota), PERIOD[0], U64);
    if (period !== undefined) wholeNumber(decimal(period), ...PERIOD);
  });
  warnOfRest(quota, unit, warn);
  warnOfRest(period ?? quota, rest, warn);
};

/** With decimals. */
export const percentage: Check = (value, warn) => {
  if (value.trim() === 'max') return;
  const [, read = '', rest = ''] = /^\s*(\d+(?:\.\d*)?)(.*)$/s.exec(value) ?? [];
  if (read === '' || Number(read) > 100)
    throw new BadValue('it must be a percentage from 0 to 100, such as 20.5, or max');
  warnOfRest(read, rest, warn);
};

/** One part of a list: N is the last there is; of each GROUP the first USED. */
const REGION = /^(?:all|(N|\d+)(?:-(N|\d+))?)(?::(\d+)\/(\d+))?$/i;

/** Processors or memory nodes. */
export const list: Check = (value) => {
  for (const word of value.split(/[\s,]+/).filter(Boolean)) {
    const [region, from = '', to = from, used, group = '1'] = REGION.exec(word) ?? [];
    const isOrdered =
      !(Number(from) > Number(to)) && (used === undefined || (used !== '0' && Number(used) <= Number(group)));
    if (region === undefined || !isOrdered)
      throw new BadValue('it must be a list of numbers and ranges such as 0-3,6', { word });
  }
};

/** MAJOR:MINOR and what stands behind it. */
function ofDevice(value: string, what: string): string {
  const [, rest] = /^\s*\d+:\d+\s+(.*\S)\s*$/s.exec(value) ?? [];
  if (rest === undefined) throw new BadValue(`it must be ${what}`);
  return rest;
}

function leading(text: string, what: string, warn: Warn): void {
  const [, read, rest = ''] = /^(\d+)(.*)$/s.exec(text) ?? [];
  if (read === undefined) throw new BadValue(`it must be ${what}`, { word: text });
  warnOfRest(read, rest, warn);
}

const THROTTLE = 'MAJOR:MINOR NUMBER, such as 8:0 1048576; 0 for no limit';
export const throttle: Check = (value, warn) => leading(ofDevice(value, THROTTLE), THROTTLE, warn);

/** Words KEY=NUMBER or KEY=max behind a device. */
export const pairs =
  (keys: string, what: string): Check =>
  (value, warn) => {
    for (const word of ofDevice(value, what).split(/\s+/)) {
      const [, number] = new RegExp(`^(?:${keys})=(.*)$`).exec(word) ?? [];
      if (number === undefined) throw new BadValue(`it must be ${what}`, { word });
      if (number !== 'max') leading(number, what, warn);
    }
  };

export const weights =
  (least: number, most: number): Check =>
  (value, warn) => {
    const what = `WEIGHT from ${least} to ${most}, or MAJOR:MINOR WEIGHT; default for WEIGHT takes one back`;
    const [, weight = '', rest = ''] =
      /^\s*(?:default\s+|\d+:\d+\s+)?(0x[\da-f]+|\d+(?![\d:])|default)(.*)$/is.exec(value) ?? [];
    // 010 is 8 to BFQ, and 10 to iocost.
    told(what, () => weight === 'default' || /^0\d/.test(weight) || wholeNumber(weight, least, most));
    warnOfRest(weight, rest, warn);
  };

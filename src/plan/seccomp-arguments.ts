/** The argument conditions of a seccomp rule: [INDEX,VALUE,OP] or [INDEX,VALUE,OP,MASK], all of which must hold. */
import type { Seccomp } from './types.ts';

type Argument = Seccomp['rules'][number]['arguments'][number];

const OPERATORS: Readonly<Record<string, Argument['op']>> = {
  '!=': 'ne',
  '<': 'lt',
  '<=': 'le',
  '==': 'eq',
  '>=': 'ge',
  '>': 'gt',
  '&=': 'masked_eq',
  SCMP_CMP_NE: 'ne',
  SCMP_CMP_LT: 'lt',
  SCMP_CMP_LE: 'le',
  SCMP_CMP_EQ: 'eq',
  SCMP_CMP_GE: 'ge',
  SCMP_CMP_GT: 'gt',
  SCMP_CMP_MASKED_EQ: 'masked_eq',
};
const LAST_ARGUMENT = 5;

/** Of "[…][…], […]"; problems are said with the tuple they are in. */
export function parseRuleArguments(tuples: string, refuse: (what: string) => void): Argument[] {
  const parsed = tuples.split(/(?=\[)/).flatMap((tuple) => parseTuple(tuple, refuse) ?? []);
  if (new Set(parsed.map((each) => each.index)).size < parsed.length)
    refuse('one rule may hold one condition for an argument; write another rule');
  return parsed;
}

function parseTuple(tuple: string, refuse: (what: string) => void): Argument | undefined {
  const inner = /^\[(.*)\][\s,]*$/.exec(tuple.trim())?.[1];
  const [index = '', value = '', operator = '', mask] = (inner ?? '').split(',').map((word) => word.trim());
  const op = OPERATORS[operator];
  const number = unsigned(value);
  const maskNumber = op === 'masked_eq' ? unsigned(mask ?? '') : '0';
  if (!/^\d+$/.test(index) || Number(index) > LAST_ARGUMENT || number === undefined || op === undefined) {
    refuse(
      `${tuple.trim()} is not [INDEX,VALUE,OP] with INDEX 0 to ${LAST_ARGUMENT} and OP of != < <= == >= > &=`,
    );
    return undefined;
  }
  if (maskNumber === undefined) {
    refuse(`${tuple.trim()}: ${operator} needs a mask, [INDEX,VALUE,OP,MASK]`);
    return undefined;
  }
  return { index: Number(index), op, value: number, mask: maskNumber };
}

/** A C integer (decimal, 0x, leading 0: octal, a minus sign) as an unsigned 64-bit number in decimal. */
function unsigned(written: string): string | undefined {
  const [, minus, digits] = /^(-?)(0x[0-9a-f]+|\d+)$/i.exec(written) ?? [];
  if (digits === undefined) return undefined;
  if (/^0\d*[89]/.test(digits)) return undefined;
  const magnitude = BigInt(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return BigInt.asUintN(64, minus ? -magnitude : magnitude).toString();
}

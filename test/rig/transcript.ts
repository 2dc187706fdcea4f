/**
 * TLXC_ERROR_LOG=FILE npm test: every error that a command told in the suite without a word on what can be done is appended
 * to FILE, a JSON object a line. An empty file is what is wanted.
 */
import { appendFileSync } from 'node:fs';
import type { Outcome } from './process.ts';

const REMEDY = /^ {2}hint: |^ {4}mend: |^ {2}allowed: |^ +\^|did you mean|"hint":"|^Usage: /m;

export function recordErrors(command: string, { code, stderr }: Outcome): void {
  const file = process.env['TLXC_ERROR_LOG'] ?? '';
  if (file === '' || code === 0 || !/^tlxc\S*: /m.test(stderr) || REMEDY.test(stderr)) return;
  appendFileSync(file, `${JSON.stringify({ command, code, stderr })}\n`);
}

/**
 * Tests that need something of the host say so: `const rooted = requires('root', 'userns'); rooted('title', fn)`.
 * Where it is missing the test is skipped, with the reason in its title; a feature that TLXC_MUST_RUN lists
 * (comma-separated) fails the test instead.
 */
import test, { type ExecutionContext, type Implementation } from 'ava';
import { type Feature, features, reasonMissing } from './features.ts';

export type { Feature } from './features.ts';

type Declare = (title: string, implementation: Implementation<[]>) => void;

export interface NeedyTest extends Declare {
  /** Runs by itself within its file. */
  readonly serial: Declare;
}

const mustRun = new Set((process.env['TLXC_MUST_RUN'] ?? '').split(',').filter((word) => word !== ''));

for (const word of mustRun) {
  if (!features.some((feature) => feature === word))
    throw new Error(`TLXC_MUST_RUN: unknown feature "${word}"`);
}

/** What of these the host lacks, each with its reason, and whether that is a failure here. */
function lacking(needed: readonly Feature[]): { reason: string; fails: boolean } | undefined {
  const missing = needed.flatMap((feature) => {
    const reason = reasonMissing(feature);
    return reason === undefined ? [] : [{ feature, reason }];
  });
  if (missing.length === 0) return undefined;
  return {
    reason: missing.map(({ feature, reason }) => `needs ${feature}: ${reason}`).join('; '),
    fails: missing.some(({ feature }) => mustRun.has(feature)),
  };
}

/** ava's `test` (and `.serial`) for tests that run only where all these features are. Probes at load time. */
export function requires(...needed: readonly Feature[]): NeedyTest {
  const lack = lacking(needed);
  if (lack === undefined) {
    const run: Declare = (title, implementation) => test(title, implementation);
    const serial: Declare = (title, implementation) => test.serial(title, implementation);
    return Object.assign(run, { serial });
  }
  const refuse = (t: ExecutionContext): void => t.fail(`this test must run here, but ${lack.reason}`);
  const declare: Declare = (title, implementation) =>
    lack.fails ? test(title, refuse) : test.skip(`${title} (${lack.reason})`, implementation);
  return Object.assign(declare, { serial: declare });
}

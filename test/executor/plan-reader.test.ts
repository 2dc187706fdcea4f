import test from 'ava';
import type { StartPlan } from '../../src/plan/types.ts';
import { bind, makePlan } from './plan.ts';
import { runPlan } from './run.ts';

const good = makePlan({ scratch: '/proc/nonexistent', rootfs: '/nonexistent', argv: ['/bin/true'] });

/** What the executor says of the plan after a change that no type allows. */
async function refusalOf(change: (plan: Record<string, unknown>) => void): Promise<string> {
  const plan = structuredClone(good) as unknown as Record<string, unknown>;
  change(plan);
  const { failure } = await runPlan(JSON.stringify(plan));
  return failure?.step === 'plan' ? failure.detail : `not refused as a plan: ${JSON.stringify(failure)}`;
}

test('an unknown field is refused with its path', async (t) => {
  t.is(await refusalOf((plan) => (plan['colour'] = 'red')), 'plan: unknown field colour');
  const step = { ...bind('/a', 'b'), colour: 'red' };
  t.is(
    await refusalOf((plan) => (plan['tree'] = [bind('/a', 'b'), step])),
    'plan.tree[1]: unknown field colour',
  );
});

test('a missing field is refused with its path', async (t) => {
  t.is(await refusalOf((plan) => delete plan['hostname']), 'plan.hostname: missing');
  t.is(await refusalOf((plan) => (plan['init'] = { argv: [] })), 'plan.init.program: missing');
});

test('a value of another type is refused with its path', async (t) => {
  t.is(await refusalOf((plan) => (plan['hostname'] = 5)), 'plan.hostname: not a string');
  t.is(await refusalOf((plan) => (plan['hostname'] = 'a\0b')), 'plan.hostname: a NUL byte');
  t.is(await refusalOf((plan) => (plan['tree'] = {})), 'plan.tree: not a list');
  t.is(
    await refusalOf((plan) => (plan['namespaces'] = ['user', 'clock'])),
    'plan.namespaces[1]: unknown value clock',
  );
  t.is(
    await refusalOf((plan) => (plan['devices'] = [{ op: 'format' }])),
    'plan.devices[0]: unknown op format',
  );
  const signals: StartPlan['signals'] = { ...good.signals, halt: 1.5 };
  t.is(await refusalOf((plan) => (plan['signals'] = signals)), 'plan.signals.halt: not a whole number');
});

test('another version is refused before anything else', async (t) => {
  const { failure } = await runPlan('{"version": 2, "whatever": []}');
  t.is(failure?.detail, 'plan.version: 2, this executor reads version 1');
});

test('what is no JSON, or twice there, is refused', async (t) => {
  t.regex((await runPlan('')).failure?.detail ?? '', /empty/);
  t.regex((await runPlan('{"version": 1,')).failure?.detail ?? '', /at byte 14$/);
  const twice = JSON.stringify(good).replace('"hostname":"x1"', '"hostname":"x1","hostname":"x2"');
  t.is((await runPlan(twice)).failure?.detail, 'plan: a field twice');
  t.is((await runPlan('['.repeat(1_000_000))).failure?.step, 'plan');
});

/** tlxc.health.*: what of it fits the rest of a configuration, and what it is where nothing is said. */
import test from 'ava';
import { loadText, problemsOfText } from './scratch.ts';

const COMMAND = 'tlxc.health.command = curl -fsS http://localhost/\n';

const mistakes: readonly (readonly [string, RegExp])[] = [
  ['tlxc.health.command = "  "\n', /^config:1: .*it names no command/],
  [`${COMMAND}tlxc.health.interval = 0\n`, /^config:2: .*a whole number from 1 to 86400/],
  [`${COMMAND}tlxc.health.timeout = 5s\n`, /^config:2: .*a whole number from 1 to 86400/],
  [`${COMMAND}tlxc.health.retries = 0\n`, /^config:2: .*a whole number from 1 to 1000/],
  [`${COMMAND}tlxc.health.user = www data\n`, /^config:2: .*it is no USER or USER:GROUP/],
  [`${COMMAND}tlxc.health.restart = 1\n`, /^config:2: .*needs tlxc\.restart = on-failure or always/],
  ['tlxc.start.ready = ip,healthy\n', /^config:1: tlxc\.start\.ready = healthy needs tlxc\.health\.command/],
];

for (const [text, problem] of mistakes)
  test(`${text.trim().replaceAll('\n', ', ')} is refused`, (t) => {
    const problems = problemsOfText(t, text);
    t.is(problems.length, 1, problems.join('\n'));
    t.regex(problems[0] ?? '', problem);
  });

test('what is not said', (t) => {
  const { health, warnings } = loadText(t, COMMAND);
  t.like(health, { interval: 30, timeout: 30, retries: 3, startPeriod: 30, restart: false });
  t.is(health.command?.value, 'curl -fsS http://localhost/');
  t.deepEqual(warnings, []);
});

test('without a command the others do nothing, which is told', (t) => {
  const { warnings } = loadText(t, 'tlxc.health.interval = 10\n');
  t.is(warnings.length, 1);
  t.regex(warnings[0] ?? '', /config:1: tlxc\.health\.interval does nothing without tlxc\.health\.command$/);
});

/**
 * Twenty machines from one: copies that share all that they do not change, started, put to work and removed at the same
 * time by one program. As root, compiled as throwaway-debian.ts says:
 *
 *     node fleet-of-twenty.js SEED [COMMAND...]
 *
 * SEED is a stopped container; each copy runs the command, by default `hostname`, and what they print is shown together.
 */
import { Container, TlxcError } from 'tlxc';

const [name, program = 'hostname', ...words] = process.argv.slice(2);
if (name === undefined) throw new Error('usage: fleet-of-twenty.js SEED [COMMAND...]');
const seed = new Container(name);
const names = Array.from({ length: 20 }, (_, index) => `${name}-${String(index + 1).padStart(2, '0')}`);

const fleet = new Map<string, Container>();
const ended = new AbortController();
try {
  let running = 0;
  const watching = (async () => {
    for await (const { state } of Container.events({ signal: ended.signal }))
      if (state === 'RUNNING' && ++running === names.length) return;
  })();
  // One that fails does not keep the others from being made, and what was made is removed below.
  const made = await Promise.allSettled(
    names.map(async (each) => {
      const one = await seed.copy(each, { snapshot: true });
      fleet.set(each, one);
      await one.start();
    }),
  );
  const failure = made.find((outcome) => outcome.status === 'rejected');
  if (failure) throw failure.reason;
  const answers = await Promise.all(
    [...fleet.values()].map(
      async (one) => `${one.name}: ${(await one.exec([program, ...words])).stdout.trim()}`,
    ),
  );
  await watching;
  console.log(answers.sort().join('\n'));
  console.log(`${running} containers were started`);
} finally {
  ended.abort();
  await Promise.all(
    [...fleet.values()].map((one) =>
      one.destroy({ force: true }).catch((error: unknown) => {
        if (!(error instanceof TlxcError)) throw error;
        console.error(
          `${one.name} is left: ${error.message}${error.hint === undefined ? '' : `; ${error.hint}`}`,
        );
      }),
    ),
  );
}

/** Run in a world, where monitors trust it: prints as JSON what those whose sockets are its arguments answer; hurry: with no time;
 * standing: of those that do not answer, what they do instead. */
import { writeFileSync } from 'node:fs';
import { askMonitors, watchMonitor } from '../../src/monitor/client.ts';

const [what, ...sockets] = process.argv.slice(2);
const places = sockets.map((socket) => ({ socket }));
if (what === 'watch') {
  const [place = { socket: '' }] = places;
  const events = watchMonitor(place);
  const first = events.next(); // subscribes
  writeFileSync('watching', '');
  for (let { value, done } = await first; done !== true; { value, done } = await events.next())
    process.stdout.write(`${value?.state}\n`);
} else {
  const begin = performance.now();
  const results = askMonitors(places, { op: 'info' }, what === 'hurry' ? { timeoutMs: 0 } : {});
  const took = performance.now() - begin;
  const standing = results.map((result) =>
    result.kind === 'unresponsive' ? result.monitor?.state : undefined,
  );
  const said = results.map((result) =>
    result.kind === 'answer' && result.reply.ok ? result.reply.name : result.kind,
  );
  process.stdout.write(
    JSON.stringify(what === 'standing' ? said.map((each, at) => standing[at] ?? each) : { said, took }),
  );
}

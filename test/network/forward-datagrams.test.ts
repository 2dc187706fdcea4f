/** Conversations of UDP through a forwarded port: how long they last, and how many there are. */
import { networked } from '../effects/networks.ts';
import { eventually } from '../rig/eventually.ts';
import { requires } from '../rig/requires.ts';
import type { World } from '../rig/world.ts';
import { addService, forward, heard, proxies, say, world } from './services.ts';

const tested = requires(...networked);

/** The sockets of c1's proxy: the one for orders, those that listen, and one a conversation. */
async function sockets(w: World): Promise<number> {
  const [pid = ''] = await proxies(w);
  return Number(await w.sh(`ls -l /proc/${pid}/fd | grep -c socket:`));
}

const LISTENING = 2;

tested('a conversation ends when nobody has said anything for a while, and begins anew', async (t) => {
  const w = await world(t);
  addService(w, 'c1', ['udp 127.0.0.1 53'], { config: [forward('udp 5353 -> 53 idle=1')] });
  await w.sh('tlxc-start -n c1');
  // One that goes on: it says something all the time.
  const talker = w.spawn(
    'node',
    '-e',
    `const socket = require('node:dgram').createSocket('udp4');
     const say = () => socket.send('still here', 5353, '127.0.0.1');
     setInterval(say, 50);
     process.stdin.on('end', () => process.exit()).resume()`,
  );
  t.is(await heard(w, 'udp ::1 5353'), 'udp 127.0.0.1 53: hello');
  t.is(await eventually(30, async () => ((await sockets(w)) === LISTENING + 1 ? true : undefined)), true);
  t.is(await say(w, 'udp 127.0.0.1 5353'), 'udp 127.0.0.1 53: hello');
  talker.stdin.end();
  t.is(await eventually(30, async () => ((await sockets(w)) === LISTENING ? true : undefined)), true);
  t.is(await say(w, 'udp 127.0.0.1 5353'), 'udp 127.0.0.1 53: hello');
});

/** Says something from so many sockets, one after the other, and prints how many were answered; then the same from the first once more. */
const crowd = (size: number): string => `
  const { createSocket } = require('node:dgram');
  const { once } = require('node:events');
  const ask = async (socket) => {
    socket.send('hello', 5353, '127.0.0.1');
    await Promise.race([once(socket, 'message'), new Promise((_, fail) => setTimeout(fail, 30_000))]);
  };
  const sockets = Array.from({ length: ${size} }, () => createSocket('udp4'));
  let answered = 0;
  for (const each of [...sockets, sockets[0]]) {
    await ask(each);
    answered++;
  }
  console.log(answered);
  for (const each of sockets) each.close();`;

tested('of more conversations than it may have, the longest silent makes room', async (t) => {
  const w = await world(t);
  addService(w, 'c1', ['udp 127.0.0.1 53'], { config: [forward('udp 5353 -> 53')] });
  // Half of it is for conversations.
  await w.sh('ulimit -n 256; tlxc-start -n c1');
  t.is(await heard(w, 'udp 127.0.0.1 5353'), 'udp 127.0.0.1 53: hello');
  const count = 200;
  t.is(
    await w.sh(
      `node --input-type=module -e "import { createRequire } from 'node:module'; const require = createRequire('/'); ${crowd(count).replaceAll('\n', ' ')}"`,
    ),
    `${count + 1}\n`,
  );
  t.is(await sockets(w), LISTENING + 128);
});

import { chmodSync, chownSync, lchownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { ExecutionContext } from 'ava';
import { NOBODY, strangerOn } from '../../src/config/stranger.ts';
import { requires } from '../rig/requires.ts';
import { scratch } from './scratch.ts';

const rooted = requires('root');
const USER = 1234;

/** root/ and root/below/ are root's, user/ is a user's, each with a file. */
function places(t: ExecutionContext): string {
  const home = scratch(t, {});
  for (const name of ['root', 'root/below', 'user', 'user/below']) mkdirSync(join(home, name), 0o755);
  for (const name of ['root/below', 'user/below']) writeFileSync(join(home, name, 'file'), '');
  chownSync(join(home, 'user'), USER, USER);
  return home;
}

rooted('what is root’s all the way, or not there, is nobody else’s', (t) => {
  const home = places(t);
  t.is(strangerOn(join(home, 'root/below/file')), null);
  t.is(strangerOn(join(home, 'root/./below//../below/file')), null);
  t.is(strangerOn(join(home, 'root/nothing/there')), null);
  t.is(strangerOn(`${home}/${'../'.repeat(40)}etc`), null);
  t.is(strangerOn('/'), null);
});

rooted('a user’s directory is found, and the rest of the way is told', (t) => {
  const home = places(t);
  const path = join(home, 'user/below/file');
  t.deepEqual(strangerOn(path), { uid: USER, path });
  t.deepEqual(strangerOn(`${home}/root/../user/below/file`), { uid: USER, path });
  t.deepEqual(strangerOn(relative(process.cwd(), path))?.uid, USER);
});

rooted('a user’s file or link in a directory of root’s is the user’s', (t) => {
  const home = places(t);
  const file = join(home, 'root/below/file');
  chownSync(file, USER, 0);
  t.deepEqual(strangerOn(file), { uid: USER, path: file });
  const link = join(home, 'root/link');
  symlinkSync('/etc/shadow', link);
  lchownSync(link, USER, USER);
  t.deepEqual(strangerOn(link), { uid: USER, path: link });
});

rooted('links of root’s are followed, relative, absolute, and through each other', (t) => {
  const home = places(t);
  symlinkSync('../user', join(home, 'root/up'));
  symlinkSync(join(home, 'root/up/below'), join(home, 'root/far'));
  const path = join(home, 'user/below/file');
  t.deepEqual(strangerOn(join(home, 'root/up/below/file')), { uid: USER, path });
  t.deepEqual(strangerOn(join(home, 'root/far/file')), { uid: USER, path });
  symlinkSync('round', join(home, 'root/round'));
  t.is(strangerOn(join(home, 'root/round/file')), null);
});

rooted('where others may write, anybody can exchange what lies there, but for a sticky directory', (t) => {
  const home = places(t);
  const shared = join(home, 'root/below');
  const file = join(shared, 'file');
  const whose = (mode: number, gid: number) => {
    chownSync(shared, 0, gid);
    chmodSync(shared, mode);
    return strangerOn(file)?.uid ?? null;
  };
  t.is(whose(0o777, 0), NOBODY);
  t.is(whose(0o1777, 0), null);
  t.is(whose(0o770, 0), null);
  t.is(whose(0o770, USER), NOBODY);
});

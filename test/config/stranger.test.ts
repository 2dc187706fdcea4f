import { execFileSync } from 'node:child_process';
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
});

rooted('where it cannot be seen whose it is, it is anybody’s', (t) => {
  const home = places(t);
  symlinkSync('round', join(home, 'root/round'));
  t.is(strangerOn(join(home, 'root/round/file')), null);
  t.is(strangerOn(join(home, 'n'.repeat(256), 'file'))?.uid, NOBODY);
});

rooted('a user’s directory is found that lies deeper than any path is long', (t) => {
  const home = places(t);
  t.teardown(() => execFileSync('rm', ['-rf', join(home, 'root')]));
  const script = `
    import { chownSync, mkdirSync, symlinkSync } from 'node:fs';
    const name = 'd'.repeat(200);
    for (let depth = 0; depth < 30; depth++) {
      if (depth % 10 === 0) symlinkSync(Array(10).fill(name).join('/'), 'on');
      mkdirSync(name);
      process.chdir(name);
    }
    mkdirSync('file');
    chownSync('file', ${USER}, 0);`;
  execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: join(home, 'root') });
  t.is(strangerOn(join(home, 'root/on/on/on/file'))?.uid, USER);
  t.is(strangerOn(join(home, 'root/on/on/on')), null);
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

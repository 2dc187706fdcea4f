/** What is said where a name leads to nothing, or somebody else has to do it. */
import { requires } from '../rig/requires.ts';
import { makeUser } from '../rig/user.ts';
import { makeWorld } from '../rig/world.ts';

requires('root')(
  'a certificate that is not there, and a user who is none, are named with a way out',
  async (t) => {
    const world = await makeWorld(t);
    await world.sh(
      'mkdir -p www/streams/v1 www/images; touch www/streams/v1/index.json www/streams/v1/images.json',
    );
    const unread = await world.run('tlxc-image', 'serve', '--cert', 'no.pem', '--key', 'no.pem', 'www');
    t.is(unread.code, 1);
    t.regex(
      unread.stderr,
      /the certificate \S+\/no\.pem cannot be read: no such file or directory\n {2}hint: name a file in PEM/,
    );
    const nobody = await world.run('tlxc-unshare', '-s', 'NETWORK', '-u', 'nosuchuser', 'true');
    t.regex(nobody.stderr, /there is no user 'nosuchuser'\n {2}hint: getent passwd lists/);
  },
);

requires(
  'root',
  'userns',
  'overlay',
  'users',
)("a user's device is root's to give, in the user's store", async (t) => {
  const user = await makeUser(t);
  const refused = await user.run('tlxc-device', '-n', 'c1', 'add', '/dev/null');
  t.regex(
    refused.stderr,
    new RegExp(
      `hint: run it as root \\(sudo\\), for the containers in ${user.home}/\\.local/share/tlxc \\(-P\\)\\n`,
    ),
  );
});

/** What init is told in confidence: credentials, as systemd calls them. */
import { list } from '../key.ts';
import type { Credential } from '../model.ts';
import { credential, credentialFile, otherCredential, sameName } from '../values/credential.ts';
import { HIDDEN } from '../secret.ts';
import { replacing } from '../values/process.ts';

const shared = {
  merge: replacing(sameName),
  member: sameName,
  joinedBy: '\n',
  keep: otherCredential,
} as const;

export const credentials = {
  set: list({
    name: 'tlxc.credential.set.*',
    syntax: 'TEXT',
    doc: "A credential for init, as tlxc.credential.set.passwd.hashed-password.root = $y$j9T$… (systemd-nspawn's --set-credential): a file of the name in /run/host/credentials, which init finds by $CREDENTIALS_DIRECTORY. systemd (250 and later) hands it to the services that ask for it, and takes some itself: systemd.system-credentials(7). Only its root reads it; it is in memory and never swapped, and read-only. No command shows the text, but it stands in this file, of which copies, snapshots and exports have their own. On a command line (tlxc-start -s) it is among the command's arguments, which every user of the host can read. For what is secret take tlxc.credential.load.*.",
    parse: credential,
    // Not even to who asks for this very key: it would be on a screen, and in what was recorded of it.
    show: (): string => HIDDEN,
    ...shared,
  }),
  load: list({
    name: 'tlxc.credential.load.*',
    syntax: 'FILE',
    doc: 'As tlxc.credential.set.*, with the bytes of a file of the host, read at each start; a name without a directory is beside this file. All credentials together have at most 1 MiB.',
    parse: credentialFile,
    show: ({ file }: Credential): string => file ?? '',
    ...shared,
  }),
};

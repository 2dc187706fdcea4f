/** What a container may not do. */
import { list, scalar, single } from '../key.ts';
import { idMap, showIdMap } from '../values/idmap.ts';
import { flag, hostPath, showFlag, text } from '../values/plain.ts';
import { capabilities, keptCapabilities, mergeKept } from '../values/security.ts';

const CAPS = ['lxc.cap.drop', 'lxc.cap.keep'];

export const security = {
  idmap: list({
    name: 'lxc.idmap',
    syntax: 'u|g INSIDE OUTSIDE COUNT',
    doc: 'Ids of the container are these of the host; with any such line it gets a user namespace of its own.',
    parse: single(idMap),
    show: showIdMap,
    joinedBy: '\n',
  }),
  capDrop: list({
    name: 'lxc.cap.drop',
    syntax: 'CAPABILITY …',
    doc: 'Capabilities that the container does not get. An empty value empties lxc.cap.keep as well.',
    parse: capabilities,
    alsoResets: CAPS,
  }),
  capKeep: list({
    name: 'lxc.cap.keep',
    syntax: 'CAPABILITY …|none',
    doc: 'The only capabilities that the container gets. An empty value empties lxc.cap.drop as well.',
    parse: keptCapabilities,
    merge: mergeKept,
    alsoResets: CAPS,
  }),
  noNewPrivs: scalar({
    name: 'lxc.no_new_privs',
    syntax: '0|1',
    fallback: '0',
    doc: 'No program inside gains privileges by its file: set-user-ID bits and file capabilities do nothing.',
    parse: flag,
    show: showFlag,
  }),
  seccompProfile: scalar({
    name: 'lxc.seccomp.profile',
    syntax: 'FILE',
    doc: 'A file that says which system calls are allowed, in the format of LXC.',
    parse: hostPath,
  }),
  apparmorProfile: scalar({
    name: 'lxc.apparmor.profile',
    syntax: 'NAME|generated|unconfined|unchanged',
    doc: 'The AppArmor profile of the container, where the host has AppArmor. Without the key it is lxc-container-default-cgns; in place of a generated one the nearest that LXC ships is taken, with a warning.',
    parse: text,
    accepts: { words: ['generated', 'unconfined', 'unchanged'], pattern: '.*' },
  }),
  apparmorAllowIncomplete: scalar({
    name: 'lxc.apparmor.allow_incomplete',
    syntax: '0|1',
    fallback: '0',
    doc: 'Starts although the kernel lacks parts of AppArmor that the profile needs.',
    parse: flag,
    show: showFlag,
  }),
  apparmorAllowNesting: scalar({
    name: 'lxc.apparmor.allow_nesting',
    syntax: '0|1',
    fallback: '0',
    doc: 'A generated profile permits containers inside the container.',
    parse: flag,
    show: showFlag,
  }),
  apparmorRaw: list({
    name: 'lxc.apparmor.raw',
    syntax: 'RULE',
    doc: 'A line for a generated profile.',
    parse: (value) => [value],
  }),
};

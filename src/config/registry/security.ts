/** What a container may not do. */
import { list, scalar, single } from '../key.ts';
import { idMap, showIdMap } from '../values/idmap.ts';
import { flag, hostPath, showFlag, text } from '../values/plain.ts';
import { notifyProxy } from '../values/seccomp.ts';
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
    doc: "A file that says which system calls are allowed, in LXC's format; see SYSTEM CALL POLICIES. All processes of the container get it, those of tlxc-attach too.",
    parse: hostPath,
  }),
  seccompAllowNesting: scalar({
    name: 'lxc.seccomp.allow_nesting',
    syntax: '0|1',
    fallback: '0',
    doc: 'Whether the policy is loaded where the caller runs under a filter of system calls already: 1 adds it to that one, 0 leaves it away with a warning.',
    parse: flag,
    show: showFlag,
  }),
  seccompNotifyProxy: scalar({
    name: 'lxc.seccomp.notify.proxy',
    syntax: 'unix:PATH|unix:@NAME',
    doc: "A socket of type SOCK_SEQPACKET at which somebody answers the calls of rules with the action notify. The monitor sends each one there in LXC's format, with three descriptors: the caller's directory in /proc, its memory, and the listener. Where nobody answers, or not within 30 seconds, or with anything but an answer to the question, the call fails with ENOSYS.",
    parse: notifyProxy,
    // As LXC prints it.
    show: (address) => address.replace(/^@/, ''),
  }),
  seccompNotifyCookie: scalar({
    name: 'lxc.seccomp.notify.cookie',
    syntax: 'TEXT',
    doc: 'A text at the end of each message to lxc.seccomp.notify.proxy, by which that tells containers apart.',
    parse: text,
  }),
  apparmorProfile: scalar({
    name: 'lxc.apparmor.profile',
    syntax: 'NAME|generated|unconfined|unchanged',
    doc: "The AppArmor profile of the container, where the host has AppArmor: a name that is loaded; generated, which makes one for this container alone, named lxc-NAME_<LXCPATH>, loads it before the start and removes it after the end; unconfined; or unchanged, the caller's own, as is generated in an unprivileged container without AppArmor policy of its own. Without the key it is lxc-container-default-cgns. Where AppArmor is not enabled a name other than LXC's own is an error.",
    parse: text,
    accepts: { words: ['generated', 'unconfined', 'unchanged'], pattern: '.*' },
  }),
  apparmorAllowIncomplete: scalar({
    name: 'lxc.apparmor.allow_incomplete',
    syntax: '0|1',
    fallback: '0',
    doc: 'Starts although the AppArmor of the kernel has no rules for mounts, which profiles count on.',
    parse: flag,
    show: showFlag,
  }),
  apparmorAllowNesting: scalar({
    name: 'lxc.apparmor.allow_nesting',
    syntax: '0|1',
    fallback: '0',
    doc: 'A generated profile permits containers inside the container; /dev/.lxc/proc and /dev/.lxc/sys are mounted, which the kernel asks for when those mount theirs.',
    parse: flag,
    show: showFlag,
  }),
  apparmorRaw: list({
    name: 'lxc.apparmor.raw',
    syntax: 'RULE',
    doc: 'A rule at the end of a generated profile, with its comma; apparmor.d(5).',
    parse: (value) => [value],
  }),
};

/** Which namespaces a container has of its own, and its clocks. */
import { list, scalar } from '../key.ts';
import type { SharedNamespace } from '../model.ts';
import {
  clockOffset,
  mergeNamespaces,
  namespaceNames,
  sharedNamespace,
  showClockOffset,
} from '../values/namespaces.ts';
import { replacing } from '../values/process.ts';

const NAMES = 'user|mnt|pid|uts|ipc|net|cgroup|time …';
const member = ({ namespace }: SharedNamespace): string => namespace;

export const namespaces = {
  clone: list({
    name: 'lxc.namespace.clone',
    syntax: NAMES,
    doc: 'Exactly these namespaces are new. mnt has to be among them, and user where there is an lxc.idmap and only there. Excludes lxc.namespace.keep. Where neither is set, all are new but user without lxc.idmap, net with type none and time without an offset.',
    parse: namespaceNames,
    merge: mergeNamespaces,
  }),
  keep: list({
    name: 'lxc.namespace.keep',
    syntax: NAMES,
    doc: 'The container stays in these namespaces of the host, and all others are new. Excludes lxc.namespace.clone. mnt cannot be kept. A container that keeps net can reach every service of the host; one that keeps pid can see its processes.',
    parse: namespaceNames,
    merge: mergeNamespaces,
  }),
  share: list({
    name: 'lxc.namespace.share.*',
    syntax: 'CONTAINER|PID|PATH',
    doc: 'The container joins the namespace of a running container, of a process, or of a file such as /run/netns/NAME, as lxc.namespace.share.net = web. mnt cannot be shared. With user, the ids are mapped as they are there, and lxc.idmap must not be set.',
    parse: sharedNamespace,
    show: ({ whose }) => whose,
    merge: replacing(member),
    member,
    joinedBy: '\n',
    keep: ({ namespace }, variable) => namespace !== variable,
  }),
  boot: scalar({
    name: 'lxc.time.offset.boot',
    syntax: 'NUMBER h|m|s|ms|us|ns',
    fallback: '0 ns',
    doc: 'How far the boot-time clock inside, which also tells the uptime, is ahead of the host (behind, with a minus). Makes a time namespace.',
    parse: clockOffset,
    show: showClockOffset,
  }),
  monotonic: scalar({
    name: 'lxc.time.offset.monotonic',
    syntax: 'NUMBER h|m|s|ms|us|ns',
    fallback: '0 ns',
    doc: 'How far the monotonic clock inside is ahead of the host (behind, with a minus). Makes a time namespace.',
    parse: clockOffset,
    show: showClockOffset,
  }),
};

/** What init is given before it runs: limits, kernel parameters, its place among the host's processes. */
import { list, scalar } from '../key.ts';
import type { ProcFile, ResourceLimit, Sysctl } from '../model.ts';
import { flag, showFlag, text } from '../values/plain.ts';
import {
  otherSysctl,
  procFile,
  replacing,
  resourceLimit,
  showResourceLimit,
  sysctl,
} from '../values/process.ts';

const INHERITING =
  "init and what it starts can then use the keys of the caller's session keyring (LXC's manual says the opposite of what LXC and TLXC do); write 0 for a new keyring";

export const process = {
  limit: list({
    name: 'lxc.prlimit.*',
    syntax: 'SOFT[:HARD]',
    doc: 'A resource limit of init and of attached commands, as lxc.prlimit.nofile = 1024:4096; each a whole number in the unit of setrlimit(2), or "unlimited"; one value is both. Resources: as core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack. Those that are not set are as of the command that starts the container, with 1024 for the soft limit of nofile.',
    parse: resourceLimit,
    show: showResourceLimit,
    merge: replacing(({ resource }: ResourceLimit) => resource),
    member: ({ resource }) => resource,
    joinedBy: '\n',
    keep: ({ resource }, variable) => resource !== variable,
  }),
  sysctl: list({
    name: 'lxc.sysctl.*',
    syntax: 'VALUE',
    doc: 'A kernel parameter of a namespace that is not the host\'s, set before init runs, as lxc.sysctl.net.ipv4.ip_forward = 1; with "/" between its parts, a name such as net/ipv4/conf/eth0.5/forwarding may hold dots. Parameters: net.*, kernel.shm*, kernel.msg*, kernel.sem, kernel.hostname, kernel.domainname, fs.mqueue.*, and with lxc.idmap user.*; those of the whole host are refused.',
    parse: sysctl,
    show: ({ value }) => value,
    merge: replacing(({ path }: Sysctl) => path),
    member: ({ name }) => name,
    joinedBy: '\n',
    keep: otherSysctl,
  }),
  procFile: list({
    name: 'lxc.proc.*',
    syntax: 'VALUE',
    doc: 'Written to a file of /proc/PID of init from the host, as lxc.proc.oom_score_adj = 10; several lines for one file are written one after the other.',
    parse: procFile,
    show: ({ value }: ProcFile) => value,
    member: ({ file }) => file,
    joinedBy: '\n',
    keep: ({ file }, variable) => file !== variable,
  }),
  keyringSession: scalar({
    name: 'lxc.keyring.session',
    syntax: '0|1',
    fallback: '0',
    doc: "0 gives init a new session keyring, 1 leaves it the caller's (as in LXC, whose manual says the opposite). Attached commands always get a new one.",
    parse: (value, { warn }) => {
      const inherits = flag(value);
      if (inherits) warn(INHERITING);
      return inherits;
    },
    accepts: flag.accepts,
    show: showFlag,
  }),
  schedCore: scalar({
    name: 'lxc.sched.core',
    syntax: '0|1',
    fallback: '0',
    doc: 'A core scheduling domain for the container: its processes and attached commands share a core with nobody else (CONFIG_SCHED_CORE, and a processor with SMT).',
    parse: flag,
    show: showFlag,
  }),
  selinuxContext: scalar({
    name: 'lxc.selinux.context',
    syntax: 'CONTEXT|unconfined_t',
    doc: "The SELinux context of init and of attached commands, on a host with SELinux; without, only unconfined_t is accepted, and lxc_t, the type of LXC's own policy, with a warning.",
    parse: text,
  }),
  selinuxKeyring: scalar({
    name: 'lxc.selinux.context.keyring',
    syntax: 'CONTEXT',
    doc: "The SELinux context of the container's new session keyring; where it is not set, that of lxc.selinux.context.",
    parse: text,
  }),
};

/** The machine that a container is: its name, its init, what init is given, its log. */
import { list, scalar } from '../key.ts';
import { splitCommand } from '../values/command.ts';
import {
  absolutePath,
  architecture,
  environmentVariable,
  hostPath,
  logLevel,
  syslogFacility,
  whole,
} from '../values/plain.ts';
import { groupIds } from '../values/process.ts';
import { SIGNAL, signal } from '../values/signal.ts';
import { hostName } from '../values/network.ts';

/** 4294967295 means "no id" to the kernel. */
const id = whole(0, 0xffff_fffe);

export const system = {
  include: list({
    name: 'lxc.include',
    syntax: 'FILE|DIRECTORY',
    doc: 'Read FILE here, or every *.conf of DIRECTORY in the order of their names.',
    parse: (value, context) => [hostPath(value, context)],
  }),
  arch: scalar({
    name: 'lxc.arch',
    syntax: 'ARCHITECTURE',
    doc: 'The architecture that uname reports inside: x86_64, i686, arm64 and so on.',
    parse: architecture,
    show: (value) => (value === 'linux64' ? 'x86_64' : 'i686'),
  }),
  utsName: scalar({
    name: 'lxc.uts.name',
    syntax: 'NAME',
    doc: 'The host name inside.',
    parse: hostName,
  }),
  initCmd: scalar({
    name: 'lxc.init.cmd',
    syntax: 'COMMAND',
    doc: 'What runs as init, split into words as by a shell; /sbin/init where it is not set.',
    parse: (value) => ({ text: value, words: splitCommand(value) }),
    show: (value) => value.text,
  }),
  initCwd: scalar({
    name: 'lxc.init.cwd',
    syntax: 'DIRECTORY',
    doc: 'The directory inside that init starts in.',
    parse: absolutePath,
  }),
  initUid: scalar({
    name: 'lxc.init.uid',
    syntax: 'UID',
    fallback: '0',
    doc: 'The user id inside that init runs as.',
    parse: id,
  }),
  initGid: scalar({
    name: 'lxc.init.gid',
    syntax: 'GID',
    fallback: '0',
    doc: 'The group id inside that init runs as.',
    parse: id,
  }),
  initGroups: list({
    name: 'lxc.init.groups',
    syntax: 'GID,…',
    doc: 'Supplementary groups of init, as ids inside; several lines add up. Without the key it has none.',
    parse: groupIds,
    joinedBy: ',',
  }),
  signalHalt: scalar({
    name: 'lxc.signal.halt',
    syntax: SIGNAL,
    fallback: '0',
    doc: 'Asks init to halt; SIGPWR where it is not set, SIGRTMIN+3 for an init that blocks that (systemd).',
    parse: signal,
  }),
  signalReboot: scalar({
    name: 'lxc.signal.reboot',
    syntax: SIGNAL,
    fallback: '0',
    doc: 'Asks init to reboot; SIGINT where it is not set.',
    parse: signal,
  }),
  signalStop: scalar({
    name: 'lxc.signal.stop',
    syntax: SIGNAL,
    fallback: '0',
    doc: 'Ends init at once; SIGKILL where it is not set.',
    parse: signal,
  }),
  environment: list({
    name: 'lxc.environment',
    syntax: 'VAR=VALUE|VAR',
    doc: "A variable for init, for attached commands and for hooks inside; VAR alone takes the caller's value.",
    parse: (value, context) => [environmentVariable(value, context)],
  }),
  environmentRuntime: list({
    name: 'lxc.environment.runtime',
    syntax: 'VAR=VALUE|VAR',
    doc: 'As lxc.environment, but not for hooks: for init and for attached commands.',
    parse: (value, context) => [environmentVariable(value, context)],
  }),
  environmentHooks: list({
    name: 'lxc.environment.hooks',
    syntax: 'VAR=VALUE|VAR',
    doc: "As lxc.environment, but only for the hooks that run in the container's namespaces: pre-mount, mount, autodev and start.",
    parse: (value, context) => [environmentVariable(value, context)],
  }),
  executeCmd: scalar({
    name: 'lxc.execute.cmd',
    syntax: 'COMMAND',
    doc: 'What tlxc-execute runs when it is given no command, split into words as by a shell.',
    parse: (value) => ({ text: value, words: splitCommand(value) }),
    show: (value) => value.text,
  }),
  logFile: scalar({
    name: 'lxc.log.file',
    syntax: 'FILE',
    doc: 'Where the log of a start goes.',
    parse: hostPath,
  }),
  logLevel: scalar({
    name: 'lxc.log.level',
    syntax: 'LEVEL',
    fallback: 'NOTSET',
    doc: 'What gets into the log: TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL, or 0 to 8.',
    parse: logLevel,
  }),
  logSyslog: scalar({
    name: 'lxc.log.syslog',
    syntax: 'daemon|local0|…|local7',
    doc:
      'Sends what the log of the container is told to the syslog as well, under this facility. ' +
      'Where nothing listens at /dev/log the start says so, and goes on.',
    parse: syslogFacility,
  }),
};

/** Whether what runs in the container is well: a command that is run in it again and again. */
import { BadValue, scalar } from '../key.ts';
import { flag, showFlag, text, whole } from '../values/plain.ts';

/** A day: nobody means more. */
const LONGEST = 86_400;

function shellCommand(value: string): string {
  if (value.trim() !== '') return text(value);
  throw new BadValue('it names no command');
}

/** What may stand in a field of /etc/passwd. */
const USER = /^[^:\s\p{Cc}]{1,255}(:[^:\s\p{Cc}]{1,255})?$/u;

function userOf(value: string): string {
  if (USER.test(value)) return value;
  throw new BadValue('it is no USER or USER:GROUP, each a name or a number');
}

export const health = {
  command: scalar({
    name: 'tlxc.health.command',
    syntax: 'COMMAND',
    doc:
      "A command line for the container's /bin/sh that exits 0 while what runs there is well: curl -fsS http://localhost/, " +
      'for instance. Its monitor runs it as the user that its init is run as (root where lxc.init.uid says nothing), restricted as a ' +
      'command of tlxc-attach is, with the variables of lxc.environment. tlxc-info and tlxc-ls say what came of it: starting, healthy or unhealthy. What it has started ends ' +
      'with it. While the container is frozen it is not run; a reboot begins anew. A change holds from the next start on: tlxc-config explain shows both.',
    parse: shellCommand,
  }),
  user: scalar({
    name: 'tlxc.health.user',
    syntax: 'USER[:GROUP]',
    doc:
      'Run tlxc.health.command as this user of the container: names of its own /etc/passwd and /etc/group, or numbers. Without ' +
      'GROUP the user has its own group, and all that it is a member of. A name that is not there makes the container unhealthy.',
    parse: userOf,
  }),
  interval: scalar({
    name: 'tlxc.health.interval',
    syntax: 'SECONDS',
    fallback: '30',
    doc: 'How long to wait from the end of one run of tlxc.health.command to the next.',
    parse: whole(1, LONGEST),
  }),
  timeout: scalar({
    name: 'tlxc.health.timeout',
    syntax: 'SECONDS',
    fallback: '30',
    doc: 'A run that takes longer is killed, with all processes of its session, and counts as a failure.',
    parse: whole(1, LONGEST),
  }),
  retries: scalar({
    name: 'tlxc.health.retries',
    syntax: 'NUMBER',
    fallback: '3',
    doc: 'After so many failures in a row the container is unhealthy; one success makes it healthy again.',
    parse: whole(1, 1000),
  }),
  startPeriod: scalar({
    name: 'tlxc.health.start-period',
    syntax: 'SECONDS',
    fallback: '30',
    doc:
      'How long the container may take to become well: until then, or until the first success, the command is run every second, ' +
      'and a failure does not count.',
    parse: whole(0, LONGEST),
  }),
  restart: scalar({
    name: 'tlxc.health.restart',
    syntax: '0|1',
    fallback: '0',
    doc:
      'Whether an unhealthy container is ended, and started again as tlxc.restart says, which must not be no: its init is asked to ' +
      'halt, and killed after 30 seconds. The time between restarts grows as long as it does not stay healthy for ten times ' +
      'tlxc.restart.delay. Never where somebody had it stopped.',
    parse: flag,
    show: showFlag,
  }),
};

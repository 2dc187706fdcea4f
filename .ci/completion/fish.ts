/** config/completion/tlxc.fish */
import { COMMAND_GROUPS } from '../../src/cli/commands.ts';
import { STATES } from '../../src/container/wait.ts';
import {
  CONDITIONS,
  LEVELS,
  type CompletedCommand,
  type CompletedKey,
  type CompletedOption,
  type Kind,
} from './data.ts';

const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

const ARGUMENTS: Readonly<Record<Exclude<Kind, 'words'>, string>> = {
  none: '',
  container: " -x -a '(__tlxc_containers)'",
  key: " -x -a '(__tlxc_keys)'",
  setting: " -x -a '(__tlxc_settings)'",
  snapshot: " -x -a '(__tlxc_snapshots)'",
  file: ' -r -F',
  directory: " -x -a '(__fish_complete_directories)'",
  level: ` -x -a '${LEVELS.join(' ')}'`,
  state: ` -x -a '${STATES.join(' ')}'`,
  condition: ` -x -a '${CONDITIONS.join(' ')}'`,
  item: '',
  text: ' -x',
};

function option(program: string, { short, long, kind, words, description }: CompletedOption): string {
  const flags = `${short && ` -s ${short.slice(1)}`}${long && ` -l ${long.slice(2)}`}`;
  return `complete -c ${program}${flags}${kind === 'words' ? ` -x -a '${words.join(' ')}'` : ARGUMENTS[kind]} -d ${quoted(description)}\n`;
}

function command({ program, options, words, later }: CompletedCommand): string {
  const offered = words === 'container' ? "'(__tlxc_containers)'" : `'${words.join(' ')}'`;
  const argument =
    program === 'tlxc-config'
      ? `complete -c ${program} -n 'not __fish_seen_subcommand_from explain' -a ${offered}\n` +
        `complete -c ${program} -n '__fish_seen_subcommand_from explain' -a '(__tlxc_containers) (__tlxc_keys)'\n`
      : later !== null
        ? `complete -c ${program} -n 'not __tlxc_named' -a ${offered}\n` +
          `complete -c ${program} -n __tlxc_named -a '${later === 'image' ? '(__tlxc_images)' : later.join(' ')}'\n`
        : offered === "''"
          ? ''
          : `complete -c ${program} -a ${offered}\n`;
  return `complete -c ${program} -f\n${argument}${options.map((each) => option(program, each)).join('')}\n`;
}

const valueCase = ({ name, values }: CompletedKey): string =>
  values.length === 0 ? '' : `        case ${name}\n            printf '%s\\n' ${values.join(' ')}\n`;

/** tlxc: its commands, and then what the command itself is offered. */
const program = (): string => {
  const first = `complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]'`;
  const commands = Object.assign({}, ...COMMAND_GROUPS.map((group) => group.commands)) as Record<
    string,
    string
  >;
  const offers = Object.entries({ ...commands, help: "show a command's options" });
  return (
    'complete -c tlxc -f\n' +
    offers.map(([name, phrase]) => `${first} -a ${name} -d ${quoted(phrase)}\n`).join('') +
    `complete -c tlxc -n 'test (count (commandline -opc)) -gt 1' -a '(__tlxc_command)'\n`
  );
};

/** The text of the file. */
export function fishCompletion(commands: readonly CompletedCommand[], keys: readonly CompletedKey[]): string {
  return `# Completion of the tlxc commands for fish. Written by npm run build:manual from the commands and the registry of keys.

function __tlxc_containers
    tlxc-ls -1 2>/dev/null | string trim
end

# Snapshots of the container that the line names: by -n, or by its first word.
function __tlxc_snapshots
    set -l words (commandline -opc)
    set -l name $words[2]
    set -l at (contains -i -- -n $words; or contains -i -- --name $words); and set name $words[(math $at + 1)]
    tlxc-snapshot -L -n $name 2>/dev/null | string replace -f -r '^(\\S+) \\(.*' '$1'
end

function __tlxc_images
    tlxc-image list 2>/dev/null | string replace -f -r '^([^ ]*/[^ ]*)  .*' '$1'
end

# Whether the line names the container already, or has its first word.
function __tlxc_named
    set -l words (commandline -opc)
    contains -- -n $words; or contains -- --name $words; or string match -q -r '^[^-]' -- $words[2]
end

# What "tlxc COMMAND ..." is offered: the same as "tlxc-COMMAND ...".
function __tlxc_command
    set -l words (commandline -opc)
    complete -C (string join ' ' -- tlxc-$words[2] (string escape -- $words[3..]) (commandline -ct))
end

# Keys, for the interface that is being written of.
function __tlxc_keys
    set -l index (string match -r -g '^lxc\\.net\\.(\\d+)\\.' -- (commandline -ct)); or set index 0
    printf '%s\\n' ${keys.map(({ name }) => name).join(' ')} | string replace -r '^lxc\\.net\\.0\\.' "lxc.net.$index."
end

function __tlxc_values
    switch (string replace -r '^lxc\\.net\\.\\d+\\.' lxc.net.0. -- $argv[1])
${keys.map(valueCase).join('')}    end
end

# KEY=VALUE
function __tlxc_settings
    set -l word (string replace -r '^(--define=|-s)' '' -- (commandline -ct))
    if string match -q '*=*' -- $word
        set -l key (string split -m 1 = -- $word)[1]
        for value in (__tlxc_values $key)
            echo $key=$value
        end
    else
        __tlxc_keys | string replace -r '([^.])$' '$1='
    end
end

${program()}
${commands.map(command).join('')}`
    .trimEnd()
    .concat('\n');
}

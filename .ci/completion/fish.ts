/** config/completion/tlxc.fish */
import { STATES } from '../../src/cli/wait.ts';
import { LEVELS, type CompletedCommand, type CompletedKey, type CompletedOption, type Kind } from './data.ts';

const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

const ARGUMENTS: Readonly<Record<Kind, string>> = {
  none: '',
  container: " -x -a '(__tlxc_containers)'",
  key: " -x -a '(__tlxc_keys)'",
  setting: " -x -a '(__tlxc_settings)'",
  file: ' -r -F',
  directory: " -x -a '(__fish_complete_directories)'",
  level: ` -x -a '${LEVELS.join(' ')}'`,
  state: ` -x -a '${STATES.join(' ')}'`,
  item: '',
  text: ' -x',
};

function option(program: string, { short, long, kind, description }: CompletedOption): string {
  const flags = `${short && ` -s ${short.slice(1)}`}${long && ` -l ${long.slice(2)}`}`;
  return `complete -c ${program}${flags}${ARGUMENTS[kind]} -d ${quoted(description)}\n`;
}

function command({ program, options, words }: CompletedCommand): string {
  const offered = words === 'container' ? "'(__tlxc_containers)'" : `'${words.join(' ')}'`;
  const argument =
    program === 'tlxc-config'
      ? `complete -c ${program} -n 'not __fish_seen_subcommand_from explain' -a ${offered}\n` +
        `complete -c ${program} -n '__fish_seen_subcommand_from explain' -a '(__tlxc_containers) (__tlxc_keys)'\n`
      : offered === "''"
        ? ''
        : `complete -c ${program} -a ${offered}\n`;
  return `complete -c ${program} -f\n${argument}${options.map((each) => option(program, each)).join('')}\n`;
}

const valueCase = ({ name, values }: CompletedKey): string =>
  values.length === 0 ? '' : `        case ${name}\n            printf '%s\\n' ${values.join(' ')}\n`;

/** The text of the file. */
export function fishCompletion(commands: readonly CompletedCommand[], keys: readonly CompletedKey[]): string {
  return `# Completion of the tlxc commands for fish. Written by npm run build:manual from the commands and the registry of keys.

function __tlxc_containers
    tlxc-ls -1 2>/dev/null | string trim
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

${commands.map(command).join('')}`
    .trimEnd()
    .concat('\n');
}

/** config/completion/_tlxc, for zsh */
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

const ACTIONS: Readonly<Record<Exclude<Kind, 'words'>, string>> = {
  ...{ none: '', container: '_tlxc_containers', key: '_tlxc_keys', setting: '_tlxc_settings' },
  snapshot: '_tlxc_snapshots',
  ...{ file: '_files', directory: '_files -/', level: `(${LEVELS.join(' ')})`, item: '', text: ' ' },
  state: `(${STATES.join(' ')})`,
  condition: `(${CONDITIONS.join(' ').replaceAll(':', '\\:')})`,
};

/** What _arguments reads; quotes, brackets and colons have a meaning there. */
const escape = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&').replaceAll("'", "'\\''");

function option({ short, long, kind, words, valueName, description }: CompletedOption): string[] {
  const flags = [short, long].filter(Boolean);
  const exclusive = flags.length > 1 ? `(${flags.join(' ')})` : '';
  const action = kind === 'words' ? `(${words.join(' ')})` : ACTIONS[kind];
  const argument = kind === 'none' ? '' : `:${escape(valueName)}:${action}`;
  return flags.map((flag) => {
    const glue = kind === 'none' ? '' : flag.startsWith('--') ? '=' : '+';
    return `'${exclusive}${flag}${glue}[${escape(description)}]${argument}'`;
  });
}

function command({ program, options, words, later }: CompletedCommand): string {
  const word = Array.isArray(later)
    ? [`'*: : _tlxc_later ${later.join(' ')}'`]
    : words === 'container'
      ? ["'*:container:_tlxc_containers'"]
      : program === 'tlxc-config'
        ? ["'*: :_tlxc_config_words'"]
        : words.length > 0
          ? [`'1: :(${words.join(' ')})'`, ...(later === 'image' ? ["'*: :_tlxc_images'"] : [])]
          : [];
  return `  ${program})\n    _arguments -s \\\n      ${[...options.flatMap(option), ...word].join(' \\\n      ')}\n    ;;\n`;
}

/** name:phrase, as _describe reads it. */
const described = (): string =>
  COMMAND_GROUPS.flatMap(({ commands }) => Object.entries(commands))
    .map(([name, phrase]) => `    '${name}:${escape(phrase)}'\n`)
    .join('');

const values = (keys: readonly CompletedKey[]): string =>
  keys
    .filter((key) => key.values.length > 0)
    .map((key) => `    ${key.name} '${key.values.join(' ')}'\n`)
    .join('');

/** The text of the file. */
export function zshCompletion(commands: readonly CompletedCommand[], keys: readonly CompletedKey[]): string {
  const items = commands.find(({ program }) => program === 'tlxc-config')?.words ?? [];
  return `#compdef tlxc ${commands.map(({ program }) => program).join(' ')}
# Written by npm run build:manual from the commands and the registry of keys.

_tlxc_containers() {
  local -a names
  names=(\${(f)"$(tlxc-ls -1 2>/dev/null)"})
  names=(\${names%%[[:space:]]#})
  compadd -a names
}

# Snapshots of the container that the line names: by -n, or by its first word.
_tlxc_snapshots() {
  local -a names
  local name=\${opt_args[-n]:-\${opt_args[--name]:-$words[2]}}
  names=(\${(f)"$(tlxc-snapshot -L -n $name 2>/dev/null)"})
  names=(\${\${(M)names:#* \\(*}%% *})
  compadd -a names
}

_tlxc_images() {
  local -a names
  names=(\${(f)"$(tlxc-image list 2>/dev/null)"})
  names=(\${\${(M)names:#[^ ]##/[^ ]##  *}%% *})
  compadd -a names
}

# A container, and when the line names it these words.
_tlxc_later() {
  local -i at=\${words[(I)(-n*|--name*)]}
  if ((at > 0 && at < CURRENT)) || { ((CURRENT > 2)) && [[ $words[2] != -* ]] }; then
    compadd -S '' -- \${(M)@:#*=}
    compadd -- \${@:#*=}
  else
    _tlxc_containers
  fi
}

# Keys, for the interface that is being written of.
_tlxc_key_names() {
  reply=(
    ${keys.map(({ name }) => name).join('\n    ')}
  )
  [[ $PREFIX = lxc.net.(#b)([0-9]##).* ]] && reply=(\${reply/#lxc.net.0./lxc.net.$match[1].})
}

_tlxc_keys() {
  setopt localoptions extendedglob
  local -a reply
  _tlxc_key_names
  compadd -a reply
}

# KEY=VALUE
_tlxc_settings() {
  setopt localoptions extendedglob
  local -a reply
  local -A values
  values=(
${values(keys)}  )
  if compset -P 1 '*='; then
    local key=\${IPREFIX%=}
    key=\${key##*=}
    compadd -- \${=values[\${key/#lxc.net.[0-9]##./lxc.net.0.}]}
  else
    _tlxc_key_names
    compadd -S '=' -- \${reply:#*.}
    compadd -S '' -- \${(M)reply:#*.}
  fi
}

_tlxc_config_words() {
  if ((CURRENT > 2)) && [[ $words[2] = explain ]]; then
    if ((CURRENT == 3)); then _tlxc_containers; else _tlxc_keys; fi
  else
    compadd -- ${typeof items === 'string' ? '' : items.join(' ')}
  fi
}

setopt localoptions extendedglob
if [[ $service = tlxc ]]; then
  if ((CURRENT == 2)) || [[ $words[2] = help ]]; then
    local -a offers=(
${described()}    "help:show a command's options"
    )
    _describe command offers
    return
  fi
  shift words
  ((CURRENT--))
  service=tlxc-$words[1]
  words[1]=$service
fi
case $service in
${commands.map(command).join('')}esac
`;
}

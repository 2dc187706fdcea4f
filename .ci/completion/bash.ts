/** config/completion/tlxc.bash */
import { COMMAND_NAMES } from '../../src/cli/commands.ts';
import { STATES } from '../../src/container/wait.ts';
import {
  CONDITIONS,
  LEVELS,
  type CompletedCommand,
  type CompletedKey,
  type CompletedOption,
} from './data.ts';

const flags = ({ short, long }: CompletedOption): string[] => [short, long].filter(Boolean);

const optionCase = ({ program, options }: CompletedCommand): string =>
  `    ${program}) echo '${options.flatMap(flags).join(' ')}' ;;\n`;

function kindCases({ program, options }: CompletedCommand): string {
  const withArgument = options.filter(({ kind }) => kind !== 'none');
  return withArgument
    .map((option) => {
      const patterns = flags(option).map((flag) => `'${program} ${flag}'`);
      return `    ${patterns.join(' | ')}) echo ${option.kind === 'words' ? `'=${option.words.join(' ')}'` : option.kind} ;;\n`;
    })
    .join('');
}

const wordCase = ({ program, words }: CompletedCommand): string =>
  `    ${program}) echo '${words === 'container' ? '@container' : words.join(' ')}' ;;\n`;

const laterCase = ({ program, later }: CompletedCommand): string =>
  later === null ? '' : `    ${program}) echo '${later === 'image' ? '@image' : later.join(' ')}' ;;\n`;

const valueCase = ({ name, values }: CompletedKey): string =>
  values.length === 0 ? '' : `    ${name}) echo '${values.join(' ')}' ;;\n`;

/** How the tables are used. A setting is split by bash at "=" and ":", so what precedes the last of them is left out of a reply. */
const ENGINE = `
# The store that the line names, or the usual one.
_tlxc_containers() {
  local path=
  [[ $1 =~ [[:space:]](-P|--lxcpath)[[:space:]=]*([^[:space:]]+)[[:space:]] ]] && path=\${BASH_REMATCH[2]}
  tlxc-ls -1 \${path:+-P "$path"} 2>/dev/null
}

# Snapshots of the container that the line names: by -n, or by its first word.
_tlxc_snapshots() {
  local name path=
  [[ $1 =~ [[:space:]](-P|--lxcpath)[[:space:]=]*([^[:space:]]+)[[:space:]] ]] && path=\${BASH_REMATCH[2]}
  [[ $1 =~ [[:space:]](-n|--name)[[:space:]=]*([^[:space:]]+)[[:space:]] ]] && name=\${BASH_REMATCH[2]} ||
    { [[ $1 =~ ^[^[:space:]]+[[:space:]]+([^[:space:]-][^[:space:]]*)[[:space:]] ]] && name=\${BASH_REMATCH[1]}; } ||
    return
  tlxc-snapshot -L -n "$name" \${path:+-P "$path"} 2>/dev/null | sed -n 's/^\\([^ ]*\\) (.*/\\1/p'
}

_tlxc_images() {
  tlxc-image list 2>/dev/null | sed -n '1d; s/^\\([A-Za-z0-9._+:@/~-]*\\)  .*/\\1/p'
}

# Whether the line names the container already, or has its first word.
_tlxc_named() {
  [[ $1 =~ [[:space:]](-n|--name)[[:space:]=]*[^[:space:]]+[[:space:]] || $1 =~ ^[^[:space:]]+[[:space:]]+[^[:space:]-][^[:space:]]*[[:space:]] ]]
}

# Keys, for the interface that is being written of.
_tlxc_keys_for() {
  local keys=$_tlxc_keys
  [[ $1 =~ ^lxc\\.net\\.([0-9]+)\\. ]] && keys=\${keys//lxc.net.0./lxc.net.\${BASH_REMATCH[1]}.}
  echo "$keys"
}

_tlxc_settings() {
  local word key=\${1%%=*}
  if [[ $1 == *=* ]]; then
    [[ $key =~ ^lxc\\.net\\.[0-9]+\\.(.*) ]] && word=lxc.net.0.\${BASH_REMATCH[1]} || word=$key
    for word in $(_tlxc_values "$word"); do echo "$key=$word"; done
  else
    for word in $(_tlxc_keys_for "$1"); do [[ $word == *. ]] && echo "$word" || echo "$word="; done
  fi
}

_tlxc() {
  local line=\${COMP_LINE:0:COMP_POINT} command=\${1##*/} current previous before kind words stop reply head
  current=\${line##*[[:space:]]}
  before=\${line%"$current"}
  before=\${before%"\${before##*[![:space:]]}"}
  previous=\${before##*[[:space:]]}
  case $current in --*=*) previous=\${current%%=*} current=\${current#*=} ;; esac
  COMPREPLY=()
  if [[ $command == tlxc ]]; then
    if [[ ! $line =~ ^[^[:space:]]+[[:space:]]+([a-z-]+)[[:space:]]+(.*)$ || \${BASH_REMATCH[1]} == help ]]; then
      mapfile -t COMPREPLY < <(compgen -W '${COMMAND_NAMES.join(' ')} help --help --version' -- "$current")
      return
    fi
    command=tlxc-\${BASH_REMATCH[1]} line="tlxc-\${BASH_REMATCH[1]} \${BASH_REMATCH[2]}"
    [[ $before == *[[:space:]]*[[:space:]]* ]] || before=$command
  fi
  kind=$(_tlxc_kind "$command" "$previous")
  [[ -z $kind && $command == tlxc-config && $previous == explain ]] && kind=container
  [[ -z $kind && $command == tlxc-config && $before == *' explain '* ]] && kind=key
  case $kind in
    container) words=$(_tlxc_containers "$line") ;;
    snapshot) words=$(_tlxc_snapshots "$line") ;;
    key) words=$(_tlxc_keys_for "$current") ;;
    setting) words=$(_tlxc_settings "$current") ;;
    level) words='${LEVELS.join(' ')}' ;;
    state) words='${STATES.join(' ')}' ;;
    condition) words='${CONDITIONS.join(' ')}' ;;
    file) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    directory) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
    text) return ;;
    =*) words=\${kind#=} ;;
    *)
      if [[ $current == -* ]]; then words=$(_tlxc_options "$command"); else
        words=
        _tlxc_named "$line" && words=$(_tlxc_later "$command")
        words=\${words:-$(_tlxc_words "$command")}
        [[ $words == @image ]] && words=$(_tlxc_images)
        [[ $words == @container ]] && words=$(_tlxc_containers "$line")
      fi ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W '$words' -- "$current")
  [[ \${#COMPREPLY[@]} == 1 && \${COMPREPLY[0]} == *[=.] ]] && compopt -o nospace 2>/dev/null
  head=
  for stop in = :; do
    [[ $COMP_WORDBREAKS == *"$stop"* && $current == *"$stop"* ]] || continue
    reply=\${current%"\${current##*"$stop"}"}
    ((\${#reply} > \${#head})) && head=$reply
  done
  COMPREPLY=("\${COMPREPLY[@]#"$head"}")
}
`;

/** The text of the file. */
export function bashCompletion(commands: readonly CompletedCommand[], keys: readonly CompletedKey[]): string {
  const table = (name: string, subject: string, cases: readonly string[]): string =>
    `${name}() {\n  case ${subject} in\n${cases.join('')}  esac\n}\n\n`;
  return (
    '# Completion of the tlxc commands for bash. Written by npm run build:manual from the commands and the registry of keys.\n\n' +
    `_tlxc_keys='${keys.map(({ name }) => name).join(' ')}'\n\n` +
    table('_tlxc_options', '$1', commands.map(optionCase)) +
    table('_tlxc_kind', '"$1 $2"', commands.map(kindCases)) +
    table('_tlxc_words', '$1', commands.map(wordCase)) +
    table('_tlxc_later', '$1', commands.map(laterCase)) +
    table('_tlxc_values', '$1', keys.map(valueCase)).trimEnd() +
    `\n${ENGINE}\ncomplete -F _tlxc tlxc ${commands.map(({ program }) => program).join(' ')}\n`
  );
}

#!/bin/sh
':' + //; { while read -r key TLXC_IGNORED; do [ "$key" != SigIgn: ] || break; done < /proc/self/status; } 2> /dev/null; export TLXC_IGNORED; exec node "$0" "$@"; : << '//'
  '';
require('./run.js').run('tlxc-console');
//

#!/bin/sh
':' + //; { while read -r key TLXC_IGNORED; do [ "$key" != SigIgn: ] || break; done < /proc/self/status; } 2> /dev/null; export TLXC_IGNORED; exec node "$0" "$@"; : << '//'
  '';
// tlxc COMMAND …: that command's own bundle and no other code. What is no command is for dist/tlxc.cjs to answer.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const [, , word = ''] = process.argv;
const isCommand = /^[a-z-]+$/.test(word) && existsSync(join(__dirname, `tlxc-${word}.js`));
if (isCommand) process.argv.splice(2, 1);
require('./run.js').run(isCommand ? `tlxc-${word}` : 'tlxc');
//

#!/usr/bin/env node
// tlxc COMMAND …: that command's own bundle and no other code. What is no command is for dist/tlxc.cjs to answer.
'use strict';
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const [, , word = ''] = process.argv;
const isCommand = /^[a-z-]+$/.test(word) && existsSync(join(__dirname, `tlxc-${word}.js`));
if (isCommand) process.argv.splice(2, 1);
require('./run.js').run(isCommand ? `tlxc-${word}` : 'tlxc');

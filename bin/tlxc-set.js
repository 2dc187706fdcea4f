#!/usr/bin/env node
require('./run.js').run('tlxc-set');

#!/usr/bin/env node
require('../dist/tlxc-ls.cjs');

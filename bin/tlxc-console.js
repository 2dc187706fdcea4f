#!/usr/bin/env node
require('../dist/tlxc-console.cjs');

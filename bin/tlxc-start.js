#!/usr/bin/env node
require('../dist/tlxc-start.cjs');

#!/usr/bin/env node
require('../dist/tlxc-config.cjs');

#!/usr/bin/env node
require('../dist/tlxc-net.cjs');

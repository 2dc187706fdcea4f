#!/usr/bin/env node
require('../dist/tlxc-info.cjs');

#!/usr/bin/env node
require('../dist/tlxc-destroy.cjs');

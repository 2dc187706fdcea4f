#!/usr/bin/env node
require('../dist/tlxc-create.cjs');

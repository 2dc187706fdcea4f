#!/usr/bin/env node
require('../dist/tlxc-attach.cjs');

#!/usr/bin/env node
require('../dist/tlxc-stop.cjs');

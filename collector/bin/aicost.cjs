#!/usr/bin/env node
// npm links this as `aicost`; the launcher itself serves `npm start` too and lives at the root.
'use strict';

require('../../scripts/aicost.cjs');

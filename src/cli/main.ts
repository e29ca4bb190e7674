#!/usr/bin/env node
import process from 'node:process';
import { optimizeLater, settleEnvironment } from '../platform/env.ts';
import { readStdin } from '../platform/files.ts';
import { processIO } from './io.ts';
import { run } from './run.ts';

settleEnvironment();
optimizeLater();
process.exitCode = await run(process.argv.slice(2), processIO(process, readStdin));

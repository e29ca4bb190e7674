#!/usr/bin/env node
import process from 'node:process';
import { optimizeLater, settleEnvironment } from './env.ts';
import { processIO } from './io.ts';
import { run } from './run.ts';

settleEnvironment();
optimizeLater();
process.exitCode = await run(process.argv.slice(2), processIO(process));

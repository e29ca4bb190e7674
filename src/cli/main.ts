#!/usr/bin/env node
import process from 'node:process';
import { optimizeLater, settleEnvironment } from './env.ts';
import { processIO } from './io.ts';
import { run } from './run.ts';

settleEnvironment();
optimizeLater();
const io = processIO(process);
process.exitCode = await run(process.argv.slice(2), io);
// Reads that cannot be stopped would keep an interrupted process; in Deno, those of standard input.
if (io.signal.aborted) process.exit();

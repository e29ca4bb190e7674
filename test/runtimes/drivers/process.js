// Runs the spec in Node, Deno or Bun: <this file> <where the maps go>
import { readFile, writeFile } from 'node:fs/promises';
import process from 'node:process';
import * as camwasm from 'camwasm';
import * as server from 'camwasm/server';
import { compute, pack } from './spec.js';

const result = await compute({
  load: (model) => camwasm.Explainer.load(model, { threads: 2 }),
  read: async (path) => new Uint8Array(await readFile(new URL(`material/${path}`, import.meta.url))),
  camwasm,
  server,
});
await writeFile(process.argv[2], pack(result));

import * as camwasm from 'camwasm';
import * as server from 'camwasm/server';
import { run } from '../page.js';

run(camwasm, server).then(postMessage, (error) =>
  postMessage(JSON.stringify({ error: String(error.stack ?? error) })),
);

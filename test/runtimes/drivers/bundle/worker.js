import { run } from '../page.js';

run().then(postMessage, (error) => postMessage(JSON.stringify({ error: String(error.stack ?? error) })));

// The request handler on Node's http server, with models in a worker thread: PORT=8080 node server.js
import { createWorkerHandler, listen } from 'camwasm/server/node';

// On loopback: no strange names for this server (DNS rebinding), and no other web pages.
const handler = createWorkerHandler({ allowHosts: [], allowOrigins: [] });
const server = await listen(handler.fetch, { port: Number(process.env.PORT ?? 8080) });
console.log(`POST an image to ${server.url}/explain`);

// Answers pending requests first.
process.once('SIGTERM', () => Promise.all([server.close(), handler.close()]));

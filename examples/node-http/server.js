// The request handler on Node's http server: PORT=8080 node server.js
import { createHandler } from 'camwasm/server';
import { listen } from 'camwasm/server/node';

const handler = createHandler();
const server = await listen(handler.fetch, { port: Number(process.env.PORT ?? 8080) });
console.log(`POST an image to ${server.url}/explain`);

process.once('SIGTERM', async () => {
  await server.close();
  await handler.close();
});

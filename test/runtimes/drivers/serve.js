// The built-in model on a free port, with time for a busy machine; an interrupt ends it.
import { createHandler } from 'camwasm/server';
import { listen } from 'camwasm/server/node';

const handler = createHandler({ limits: { seconds: 3600 } });
const server = await listen(handler.fetch);
console.log(server.url);
process.once('SIGINT', async () => {
  await server.close();
  await handler.close();
});

// The handler under a path of a Hono app, behind its middleware: node server.js
import { createHandler } from 'camwasm/server';
import { listen } from 'camwasm/server/node';
import { Hono } from 'hono';
import { bearerAuth } from 'hono/bearer-auth';

const handler = createHandler({ limits: { pixels: 4e6 } });

export const app = new Hono();
app.get('/', (context) => context.text('POST an image to /cam/explain'));
app.use('/cam/*', bearerAuth({ token: process.env.TOKEN ?? 'secret' }));
app.mount('/cam', handler.fetch);

if (process.argv[1] === import.meta.filename) {
  const server = await listen(async (request) => app.fetch(request), { port: Number(process.env.PORT ?? 8080) });
  console.log(server.url);
  // Answers pending requests first.
  process.once('SIGTERM', async () => {
    await server.close();
    await handler.close();
  });
}

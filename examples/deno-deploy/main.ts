// deno run --allow-net --allow-read --allow-env=PORT main.ts, or as the entry point of a Deno Deploy app
import { createHandler } from 'npm:camwasm/server';

const handler = createHandler();
const server = Deno.serve({ port: Number(Deno.env.get('PORT') ?? 8000) }, handler.fetch);

// What is under way is answered.
Deno.addSignalListener('SIGTERM', async () => {
  await server.shutdown();
  Deno.exit();
});

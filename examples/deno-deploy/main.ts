// deno run --allow-net --allow-read --allow-env=PORT main.ts, or as the entry point of a Deno Deploy app
import { createHandler } from 'npm:camwasm/server';

const handler = createHandler();
Deno.serve({ port: Number(Deno.env.get('PORT') ?? 8000) }, handler.fetch);

// A program for Node: it compiles, and that is all.
import { createServer } from 'node:http';
import { Explainer } from 'camwasm';
import { createHandler } from 'camwasm/server';
import { nodeListener } from 'camwasm/server/node';

await using explainer = await Explainer.load();
const handler = createHandler({ models: { builtin: () => Explainer.load() } });
createServer(nodeListener(handler.fetch)).listen(0);
await explainer.predict('cat.jpg');

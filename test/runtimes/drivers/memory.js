// The Cloudflare example, with one more address: /memory tells how many bytes of wasm memory are alive.
import example from './examples/cloudflare-worker/worker.js';

const memories = new Set();

function note(...found) {
  for (const value of found.flatMap((names) => Object.values(names ?? {}))) {
    if (value instanceof WebAssembly.Memory) memories.add(new WeakRef(value));
  }
}

const { instantiate, Instance } = WebAssembly;
WebAssembly.instantiate = async (source, imports) => {
  const result = await instantiate(source, imports);
  note(result.exports, ...Object.values(imports));
  return result;
};
WebAssembly.Instance = class extends Instance {
  constructor(module, imports) {
    super(module, imports);
    note(this.exports, ...Object.values(imports));
  }
};

const bytes = () => {
  const alive = new Set([...memories].map((memory) => memory.deref()).filter(Boolean));
  return [...alive].reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
};

const worker = {
  fetch: (request) =>
    new URL(request.url).pathname === '/memory' ? Response.json(bytes()) : example.fetch(request),
};

export { worker as default };

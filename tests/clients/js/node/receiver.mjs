// A service with memory: counts each batch once, and answers as it is told to.
import { createServer } from 'node:http';

export class Receiver {
  requests = [];
  samples = [];
  /** What to do with the next requests instead: a status, {status, body, headers}, or 'lose' the answer. */
  script = [];
  /** Answers by path, for everything but metrics. */
  pages = {};
  #keys = new Set();
  #server;
  #port = 0;

  async start() {
    this.#server = createServer((request, response) => {
      const parts = [];
      request.on('data', part => parts.push(part));
      request.on('end', () => this.#answer(request, Buffer.concat(parts).toString(), response));
    });
    await new Promise(resolve => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = this.#server.address().port;
    return this;
  }

  get url() {
    return `http://127.0.0.1:${this.#port}/api`;
  }

  /** Go away, in the middle of whatever happens; `start` comes back at the same address. */
  async stop() {
    const closed = new Promise(resolve => this.#server.close(resolve));
    this.#server.closeAllConnections(); // after close: none can come in between, which it would wait for
    await closed;
  }

  #answer(request, text, response) {
    const path = request.url.replace('/api', '');
    const key = request.headers['idempotency-key'];
    this.requests.push({ at: Date.now(), method: request.method, path, key, text, headers: request.headers });
    const told = this.script.shift();
    if (typeof told === 'number' || (told && told !== 'lose')) {
      const { status = told, body = { detail: `told to answer ${status}` }, headers = {} } = told;
      return response.writeHead(status, headers).end(JSON.stringify(body));
    }
    if (path !== '/monitoring/metrics') {
      const page = this.pages[path];
      return response.writeHead(page ? 200 : 404).end(JSON.stringify(page ?? { detail: 'no such page' }));
    }
    const samples = JSON.parse(text);
    if (!this.#keys.has(key)) this.samples.push(...samples);
    this.#keys.add(key);
    if (told === 'lose') return request.socket.destroy();
    response.writeHead(202).end(JSON.stringify({ accepted: samples.length, rejected: 0 }));
  }
}

/** Wait until something holds; a deadline makes a failure of what never does. */
export async function until(holds, what = 'it') {
  const end = Date.now() + 15_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`${what} has not come true in time`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

/** A logger with memory. */
export function listening() {
  const said = [];
  return { said, warn: line => said.push(line), debug: () => {} };
}

// Recording: batches, what goes wrong on the way, and that the host program never notices.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { PerformanceMonitoringService } from 'perfmon-client';
import { Receiver, listening, until } from './receiver.mjs';

let receiver;
let client;
let logger;

function connect(options = {}) {
  logger = listening();
  client = new PerformanceMonitoringService(receiver.url, 'token', { logger, flushInterval: 5, closeTimeout: 50, ...options });
  return client;
}

const orders = (from, to) =>
  Promise.all(
    Array.from({ length: to - from }, (_, at) => client.recordMetric({ metricType: 'orders', value: from + at })),
  );
const values = () => receiver.samples.map(sample => sample.value);
const upTo = count => Array.from({ length: count }, (_, at) => at);

beforeEach(async () => {
  receiver = await new Receiver().start();
});
afterEach(async () => {
  await client.close();
  await receiver.stop();
});

test('a full buffer is sent at once, in one request with a key and the token', async () => {
  connect({ bufferSize: 10, flushInterval: 60_000 });
  await orders(0, 9);
  assert.equal(receiver.requests.length, 0);
  await orders(9, 10);
  await until(() => client.figures().sent === 10);
  assert.equal(receiver.requests.length, 1);
  assert.equal(receiver.requests[0].headers.authorization, 'Bearer token');
  assert.ok(receiver.requests[0].key);
});

test('METRIC_BUFFER_SIZE is what a full buffer is', async () => {
  process.env.METRIC_BUFFER_SIZE = '3';
  try {
    connect({ flushInterval: 60_000 });
  } finally {
    delete process.env.METRIC_BUFFER_SIZE;
  }
  await orders(0, 3);
  await until(() => client.figures().sent === 3);
});

test('a buffer that is not full is sent after the interval', async () => {
  connect();
  await orders(0, 2);
  await until(() => receiver.samples.length === 2);
});

test('a sample keeps the instant at which it was recorded, and has the tags of the program', async () => {
  connect({ tags: { service: 'shop', zone: 'a' } });
  const before = Date.now();
  await client.recordMetric({ metricType: 'orders', value: 1, tags: { zone: 'b', gone: undefined, number: 7 } });
  const after = Date.now();
  await new Promise(resolve => setTimeout(resolve, 3));
  await client.flush();
  const [sample] = receiver.samples;
  assert.deepEqual(sample.tags, { service: 'shop', zone: 'b', number: '7' });
  const time = Date.parse(sample.timestamp);
  assert.ok(before <= time && time <= after);
});

test('a batch whose answer is lost is sent again with its key, and counts once', async () => {
  connect();
  receiver.script = ['lose'];
  await orders(0, 3);
  await until(() => client.figures().sent === 3);
  assert.deepEqual(values(), [0, 1, 2]);
  assert.equal(receiver.requests.length, 2);
  assert.equal(receiver.requests[0].key, receiver.requests[1].key);
  assert.equal(receiver.requests[0].text, receiver.requests[1].text);
});

for (const status of [401, 429, 500, 503]) {
  test(`after ${status} the samples are kept and sent again`, async () => {
    connect();
    receiver.script = [status];
    await orders(0, 3);
    await until(() => client.figures().sent === 3);
    assert.deepEqual(values(), [0, 1, 2]);
  });
}

test('Retry-After is waited for', async () => {
  connect();
  receiver.script = [{ status: 429, headers: { 'Retry-After': '1' } }];
  await orders(0, 1);
  await until(() => client.figures().sent === 1);
  const [refused, accepted] = receiver.requests;
  assert.ok(accepted.at - refused.at >= 950);
});

test('what the service refuses for good is dropped, told, and does not hold up the rest', async () => {
  connect({ flushInterval: 60_000 });
  receiver.script = [{ status: 400, body: { detail: 'value: too silly.' } }];
  await orders(0, 2);
  assert.equal(await client.flush(), true);
  await orders(2, 3);
  await client.flush();
  assert.deepEqual(values(), [2]);
  assert.deepEqual(client.figures(), { sent: 1, waiting: 0, dropped: 2 });
  assert.match(logger.said[0], /2 samples were refused: value: too silly\./);
});

test('a service that goes away and comes back has everything once, and recording does not notice', async () => {
  connect({ bufferSize: 10 });
  await orders(0, 25);
  await until(() => receiver.samples.length === 25);
  await receiver.stop();
  const results = await orders(25, 500);
  assert.ok(results.every(result => result.accepted));
  await until(() => logger.said.length > 0);
  await receiver.start();
  await until(() => client.figures().sent === 500);
  assert.deepEqual(values(), upTo(500));
});

test('the page of somebody else is not taken for an answer, and ends nobody', async () => {
  let pages = 2;
  connect({ fetch: (...call) => (pages-- > 0 ? new Response('<h1>Log in</h1>') : fetch(...call)) });
  await orders(0, 3);
  await until(() => client.figures().sent === 3);
  assert.deepEqual(values(), upTo(3));
  assert.match(logger.said[0], /3 samples wait: something that is not the service answered/);
});

test('a full buffer takes no more, says so, and sends what it has promised', async () => {
  connect({ maxBuffered: 10 });
  await receiver.stop();
  const results = await orders(0, 12);
  assert.deepEqual(
    results.map(result => result.accepted),
    [...Array(10).fill(true), false, false],
  );
  assert.match(results[11].reason, /buffer is full/);
  await receiver.start();
  await until(() => client.figures().sent === 10);
  assert.deepEqual(values(), upTo(10));
});

test('long tags are spread over requests of about a megabyte', async () => {
  connect({ flushInterval: 60_000, bufferSize: 10_000 });
  const tags = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`key${at}`, 'x'.repeat(256)]));
  for (let value = 0; value < 400; value += 1) await client.recordMetric({ metricType: 'orders', value, tags });
  await client.flush();
  assert.deepEqual(values(), upTo(400));
  assert.ok(receiver.requests.length >= 3);
  assert.ok(receiver.requests.every(({ text }) => text.length <= 1_000_002));
});

test('nothing that is recorded makes it reject', async () => {
  connect();
  const wrong = [
    [{ metricType: '1st', value: 1 }, /metricType/],
    [{ metricType: 'orders', value: NaN }, /value/],
    [{ metricType: 'orders', value: '5' }, /value/],
    [{ metricType: 'orders', value: 1, unit: 'u'.repeat(33) }, /unit/],
    [{ metricType: 'orders', value: 1, tags: { a: 'x'.repeat(257) } }, /tags/],
    [{ metricType: 'orders', value: 1, timestamp: '2024-01-01T00:00:00' }, /timestamp/],
    [{ metricType: 'orders', value: 1, timestamp: new Date(NaN) }, /timestamp/],
    [undefined, /./],
    [null, /./],
    [{ metricType: 'orders', value: 1, tags: { get trap() { throw new Error('sprung'); } } }, /sprung/],
  ];
  for (const [metric, reason] of wrong) {
    const result = await client.recordMetric(metric);
    assert.equal(result.accepted, false);
    assert.match(result.reason, reason);
  }
  await client.close();
  assert.deepEqual(await client.recordMetric({ metricType: 'orders', value: 1 }), {
    accepted: false,
    reason: 'The client is closed.',
  });
  assert.equal(receiver.requests.length, 0);
});

test('a logger that fails neither rejects nor keeps samples from arriving', async () => {
  const fails = () => {
    throw new Error('the log is full');
  };
  connect({ logger: { warn: fails, debug: fails } });
  receiver.script = [503];
  assert.equal((await client.recordMetric({ metricType: '1st', value: 1 })).accepted, false);
  await orders(0, 1);
  await until(() => receiver.samples.length === 1);
});

test('metricRecorded is told of each accepted sample, and of no refused one', async () => {
  connect({ flushInterval: 60_000 });
  const told = [];
  client.on('metricRecorded', () => {
    throw new Error('of the listener');
  });
  client.on('metricRecorded', async () => {
    throw new Error('of the listener, later');
  });
  client.on('metricRecorded', metric => told.push(metric));
  receiver.script = [
    { status: 202, body: { accepted: 2, rejected: 1, errors: [{ index: 1, field: 'value', reason: 'odd' }] } },
  ];
  await client.recordMetric({ metricType: 'orders', value: 0, unit: 'count', tags: { shop: 'a' }, timestamp: 0 });
  await orders(1, 3);
  assert.equal(await client.flush(), true);
  assert.deepEqual(
    told.map(metric => metric.value),
    [0, 2],
  );
  assert.deepEqual(told[0], {
    metricType: 'orders', value: 0, unit: 'count', tags: { shop: 'a' }, timestamp: '1970-01-01T00:00:00.000Z',
  });
  assert.deepEqual(client.figures(), { sent: 2, waiting: 0, dropped: 1 });
});

test('of more refused samples than are named, only those that are surely accepted are told', async () => {
  connect({ flushInterval: 60_000 });
  const told = [];
  client.on('metricRecorded', metric => told.push(metric.value));
  receiver.script = [
    { status: 202, body: { accepted: 2, rejected: 3, errors: [{ index: 1, field: 'value', reason: 'odd' }] } },
  ];
  await orders(0, 5);
  await client.flush();
  assert.deepEqual(told, [0]);
});

test('close sends what is left, and gives up at its deadline', async () => {
  connect({ flushInterval: 60_000, closeTimeout: 10_000 });
  await orders(0, 3);
  await client.close();
  assert.deepEqual(values(), [0, 1, 2]);

  connect({ flushInterval: 60_000, closeTimeout: 100 });
  await orders(3, 5);
  await receiver.stop();
  const begun = Date.now();
  await client.close();
  assert.ok(Date.now() - begun < 3000);
  assert.deepEqual(client.figures(), { sent: 0, waiting: 0, dropped: 2 });
  assert.match(logger.said.at(-1) ?? '', /wait|could not be sent/);
  await receiver.start();
});

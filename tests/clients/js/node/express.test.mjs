// Which endpoint a request counts for: the route's template, in Express 4 and 5, whatever was asked for.
import assert from 'node:assert/strict';
import { get } from 'node:http';
import { test } from 'node:test';
import express5 from 'express';
import express4 from 'express4';
import { PerformanceMonitoringService, monitoringMiddleware } from 'perfmon-client';
import { Receiver, listening, until } from './receiver.mjs';

/** An app with routers in routers, asked at a path: what was recorded. */
async function ask(express, path, { leave = false } = {}) {
  const recorded = [];
  const app = express();
  app.use(monitoringMiddleware({ recordMetric: async metric => recorded.push(metric) }, { tags: { service: 'shop' } }));
  const orders = express.Router({ mergeParams: true });
  orders.get('/', (req, res) => res.send(req.params.user));
  orders.get('/:order', (req, res) => res.send(req.params.order));
  orders.get('/:order/broken', () => {
    throw new Error('broken');
  });
  const users = express.Router();
  users.get('/', (req, res) => res.send('all'));
  users.use('/:user/orders', orders);
  app.get('/', (req, res) => res.send('home'));
  app.use('/:language', (req, res, next) => next());
  app.use('/users', users);
  app.use('/files', (req, res) => res.send('a file'));
  app.get('/slow', () => recorded.push('reached'));
  app.get(/^\/number\/\d+$/, (req, res) => res.send('a number'));
  app.use((error, req, res, next) => res.status(500).send('sorry'));
  const server = app.listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const request = get({ port: server.address().port, host: '127.0.0.1', path, agent: false }, answer => answer.resume());
  request.on('error', () => {});
  if (leave) {
    await until(() => recorded.shift() === 'reached');
    request.destroy();
  }
  try {
    await until(() => recorded.length > 0, 'a recorded request');
  } finally {
    server.close();
  }
  return recorded;
}

for (const [name, express] of [['4', express4], ['5', express5]]) {
  for (const [path, endpoint, status] of [
    ['/', '/', '200'],
    ['/users', '/users', '200'],
    ['/users/anna/orders', '/users/:user/orders', '200'],
    ['/users/anna%20b/orders/7?page=2', '/users/:user/orders/:order', '200'],
    ['/users/users/orders/users', '/users/:user/orders/:order', '200'],
    ['/users/anna/orders/7/broken', '/users/:user/orders/:order/broken', '500'],
    ['/files/secret/plan.pdf', '/files/*', '200'],
    ['/number/17', String.raw`/^\/number\/\d+$/`, '200'],
    ['/nothing/here', 'unmatched', '404'],
  ]) {
    test(`Express ${name}: ${path} counts for ${endpoint}`, async () => {
      const [time, failure] = await ask(express, path);
      const tags = { service: 'shop', endpoint, method: 'GET', statusCode: status };
      assert.deepEqual([time.metricType, time.unit, time.tags], ['response_time', 'ms', tags]);
      assert.ok(time.value >= 0 && time.value < 10_000);
      const failed = status >= '400' ? { metricType: 'error_rate', value: 1, unit: 'count', tags } : undefined;
      assert.deepEqual(failure, failed);
    });
  }

  test(`Express ${name}: apps in apps and mounted middleware all see the whole template`, async () => {
    const seen = [];
    const tell = who => monitoringMiddleware({ recordMetric: async ({ tags }) => seen.push([who, tags.endpoint]) });
    const inner = express();
    inner.use(tell('inner'));
    inner.get('/plans/:plan', (req, res) => res.send('plan'));
    const outer = express();
    outer.use('/:tenant/admin', tell('mounted'), inner);
    const whole = express();
    whole.use(tell('outer'));
    whole.use(outer);
    for (const app of [outer, whole]) {
      const server = app.listen(0, '127.0.0.1');
      await new Promise(resolve => server.once('listening', resolve));
      const { port } = server.address();
      get({ port, host: '127.0.0.1', path: '/acme/admin/plans/7', agent: false }, answer => answer.resume());
      await until(() => seen.length === (app === outer ? 2 : 5));
      server.close();
    }
    const endpoint = '/:tenant/admin/plans/:plan';
    assert.deepEqual(seen.map(([, each]) => each), Array(5).fill(endpoint));
  });

  test(`Express ${name}: under load, an app never notices that the service is killed, and all of it counts once`, async () => {
    const receiver = await new Receiver().start();
    const options = { logger: listening(), bufferSize: 10, flushInterval: 5 };
    const monitoring = new PerformanceMonitoringService(receiver.url, 'token', options);
    const app = express();
    app.use(monitoringMiddleware(monitoring));
    app.get('/items/:item', (req, res) => res.status(req.params.item % 10 ? 200 : 500).send('an item'));
    const server = app.listen(0, '127.0.0.1');
    await new Promise(resolve => server.once('listening', resolve));
    const visit = async (from, to) => {
      for (let item = from; item < to; item += 1) {
        const answer = await fetch(`http://127.0.0.1:${server.address().port}/items/${item}`);
        assert.equal(answer.status, item % 10 ? 200 : 500);
        await answer.text();
      }
    };
    try {
      await visit(1, 31);
      await until(() => receiver.samples.length > 0, 'the first samples');
      receiver.script = ['lose'];
      await receiver.stop();
      await Promise.all([visit(31, 61), visit(61, 91), visit(91, 121)]);
      assert.ok(monitoring.figures().waiting > 80);
      await receiver.start();
      await until(() => monitoring.figures().waiting === 0, 'everything sent');
      const count = type => receiver.samples.filter(sample => sample.metricType === type).length;
      assert.deepEqual([count('response_time'), count('error_rate')], [120, 12]);
      assert.deepEqual(new Set(receiver.samples.map(sample => sample.tags.endpoint)), new Set(['/items/:item']));
      assert.deepEqual(monitoring.figures(), { sent: 132, waiting: 0, dropped: 0 });
    } finally {
      server.close();
      await monitoring.close();
      await receiver.stop();
    }
  });

  test(`Express ${name}: a caller who leaves early is 499 and no error`, async () => {
    const recorded = await ask(express, '/slow', { leave: true });
    assert.deepEqual(
      recorded.map(metric => [metric.metricType, metric.tags.endpoint, metric.tags.statusCode]),
      [['response_time', '/slow', '499']],
    );
  });
}

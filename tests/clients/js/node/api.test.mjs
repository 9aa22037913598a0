// Calls that are not recording: pages, errors, what is tried again, and the feed of events.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { afterEach, beforeEach, test } from 'node:test';
import { ApiError, PerformanceMonitoringService, Unreachable } from 'perfmon-client';
import { Receiver, listening, until } from './receiver.mjs';

let receiver;
let client;

beforeEach(async () => {
  receiver = await new Receiver().start();
  client = new PerformanceMonitoringService(receiver.url + '/', 'token', { logger: listening(), eventInterval: 5 });
});
afterEach(async () => {
  await client.close();
  await receiver.stop();
});

test('lists are arrays of everything on all pages', async () => {
  receiver.pages['/monitoring/alerts/rules'] = { rules: [{ id: 'a' }], next: 'x&y' };
  receiver.pages['/monitoring/alerts/rules?after=x%26y'] = { rules: [{ id: 'b' }], next: null };
  assert.deepEqual(await client.getAlertRules(), [{ id: 'a' }, { id: 'b' }]);
});

test('a refusal is an error with its status, field and everything that is wrong', async () => {
  const errors = [{ field: 'threshold', reason: 'must be a number' }];
  receiver.script = [
    { status: 400, body: { detail: 'threshold: must be a number.', field: 'threshold', errors, requestId: 'r1' } },
  ];
  await assert.rejects(client.createAlertRule({ name: 'x' }), error => {
    assert.ok(error instanceof ApiError);
    const { status, message, field, requestId } = error;
    assert.deepEqual(
      { status, message, field, requestId, errors: error.errors },
      { status: 400, message: 'threshold: must be a number.', field: 'threshold', requestId: 'r1', errors },
    );
    return true;
  });
});

test('reads are tried again; a rule is created again only where nothing was kept', async () => {
  receiver.pages['/monitoring/health/system'] = { status: 'healthy', checks: [] };
  receiver.script = [502, 'lose'];
  assert.equal((await client.getSystemHealth()).status, 'healthy');

  receiver.requests = [];
  receiver.script = [503, { status: 201, body: { id: 'a' } }];
  assert.deepEqual(await client.createAlertRule({ name: 'x' }), { id: 'a' });
  assert.equal(receiver.requests.length, 2);

  receiver.requests = [];
  receiver.script = [502];
  await assert.rejects(client.createAlertRule({ name: 'x' }), ApiError);
  assert.equal(receiver.requests.length, 1);
});

test('a service that is not there is Unreachable, and the token is in no error', async () => {
  await receiver.stop();
  await assert.rejects(client.resolveAlert('a'), error => {
    assert.ok(error instanceof Unreachable);
    assert.match(error.message, /cannot be reached \(ECONNREFUSED\)/);
    assert.doesNotMatch(error.stack, /token/);
    return true;
  });
  await receiver.start();
});

test('the page of somebody else is an error and no answer', async () => {
  const page = new PerformanceMonitoringService(receiver.url, '', { fetch: async () => new Response('<h1>Log in</h1>') });
  await assert.rejects(page.getSystemHealth(), /answers, but not as the service does: its url ends in \/api/);
  await assert.rejects(page.getAlertRules(), ApiError);
});

test('an id cannot lead to another path', async () => {
  await assert.rejects(client.resolveAlert('../../tokens'), ApiError);
  assert.equal(receiver.requests[0].path, '/monitoring/alerts/..%2F..%2Ftokens/resolve');
});

test('an address without http is refused at once', () => {
  assert.throws(() => new PerformanceMonitoringService('localhost:8000', ''), /url: must begin with http/);
});

test('the feed is followed from now on, each event once, over failures, while somebody listens', async () => {
  const event = (id, type) => ({ id, type, at: '2026-01-01T00:00:00.000Z', data: { id } });
  const events = '/monitoring/events';
  receiver.pages[events] = { events: [], next: '7' };
  receiver.pages[`${events}?after=7&limit=100`] = { events: [event('8', 'alertTriggered'), event('9', 'alertResolved')], next: '9' };
  receiver.pages[`${events}?after=9&limit=100`] = { events: [], next: '9' };
  receiver.script = [503, undefined, 500];
  const told = [];
  const listener = alert => told.push(alert.id);
  client.on('alertTriggered', listener);
  await until(() => receiver.requests.some(({ path }) => path.includes('after=9')));
  assert.deepEqual(told, ['8']);

  receiver.pages[`${events}?after=9&limit=100`] = { events: [event('10', 'alertTriggered')], next: '10' };
  receiver.pages[`${events}?after=10&limit=100`] = { events: [], next: '10' };
  await until(() => told.length === 2);
  client.off('alertTriggered', listener);
  const asked = receiver.requests.length;
  await new Promise(resolve => setTimeout(resolve, 50));
  assert.ok(receiver.requests.length <= asked + 1); // one may have been on its way
  assert.deepEqual(told, ['8', '10']);
});

test('the package can be required as well', () => {
  const required = createRequire(import.meta.url)('perfmon-client');
  assert.equal(typeof required.PerformanceMonitoringService, 'function');
  assert.equal(typeof createRequire(import.meta.url)('perfmon-client/react').useSystemHealth, 'function');
});

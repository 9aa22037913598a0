// The end of a program: what is buffered is sent, and nothing keeps it from ending.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { Receiver } from './receiver.mjs';

/** Run a program to its end: exit code, what it said, milliseconds. */
async function run(url, code, options = '{}') {
  const text = `
    import { PerformanceMonitoringService } from 'perfmon-client';
    const client = new PerformanceMonitoringService('${url}', 'token', ${options});
    ${code}`;
  const begun = Date.now();
  const program = spawn(process.execPath, ['--input-type=module', '-e', text], { cwd: import.meta.dirname ?? '.' });
  let said = '';
  program.stdout.on('data', part => (said += part));
  program.stderr.on('data', part => (said += part));
  const status = await new Promise(resolve => program.on('close', resolve));
  return { status, said, took: Date.now() - begun };
}

test('a program that just ends has sent what it recorded', async () => {
  const receiver = await new Receiver().start();
  const { status, said } = await run(
    receiver.url,
    `await client.recordMetric({ metricType: 'orders', value: 1 });
     await client.recordMetric({ metricType: 'orders', value: 2 });`,
    '{ flushInterval: 60_000 }',
  );
  assert.deepEqual({ status, said }, { status: 0, said: '' });
  assert.deepEqual(receiver.samples.map(sample => sample.value), [1, 2]);
  await receiver.stop();
});

test('a program that listens to alerts ends when it has nothing else to do', async () => {
  const receiver = await new Receiver().start();
  receiver.pages['/monitoring/events'] = { events: [], next: '0' };
  const { status } = await run(receiver.url, `client.on('alertTriggered', () => {});`);
  assert.equal(status, 0);
  await receiver.stop();
});

test('a service that takes the connection and says nothing delays the end by no more than the deadline', async () => {
  const silent = createServer(() => {});
  await new Promise(resolve => silent.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${silent.address().port}/api`;
  const { status, said, took } = await run(
    url,
    `await client.recordMetric({ metricType: 'orders', value: 1 });`,
    '{ closeTimeout: 200 }',
  );
  assert.equal(status, 0);
  assert.match(said, /1 samples could not be sent before the end/);
  assert.ok(took < 8000, `it took ${took} ms`); // the timeout of a request is 10 seconds
  silent.close();
});

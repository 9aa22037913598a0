// The hook and the dashboard in a page: values that are 0, failures, refreshing, going away.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JSDOM } from 'jsdom';
import { until } from './receiver.mjs';

const { window } = new JSDOM('<main></main>', { url: 'http://page.test/' });
Object.assign(globalThis, { window, document: window.document, IS_REACT_ACT_ENVIRONMENT: true });
Object.defineProperty(globalThis, 'navigator', { value: window.navigator, configurable: true });
const { act, createElement } = await import('react');
const { createRoot } = await import('react-dom/client');
const { renderToString } = await import('react-dom/server');
const { SystemHealthDashboard, useSystemHealth } = await import('perfmon-client/react');

const main = document.querySelector('main');
const healthy = {
  status: 'healthy',
  checks: [
    { name: 'Active Alerts', status: 'pass', message: 'none', value: 0 },
    { name: 'CPU', status: 'warn', message: 'busy', value: 91, threshold: 90 },
  ],
};

/** Draw with a service that answers from a list, its last answer again and again; `asked` counts. */
async function draw(element, answers) {
  const service = { asked: [], signals: [] };
  globalThis.fetch = async (url, { headers, signal }) => {
    service.asked.push([url, headers]);
    service.signals.push(signal);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    return answer === 'never' ? new Promise(() => {}) : new Response(JSON.stringify(answer), { status: answer.status > 0 ? answer.status : 200 });
  };
  service.root = createRoot(main);
  await act(async () => service.root.render(element));
  service.seen = async text => {
    const end = Date.now() + 10_000;
    while (!main.textContent.includes(text)) {
      assert.ok(Date.now() < end, `${text} is not in ${main.innerHTML}`);
      await act(() => new Promise(resolve => setTimeout(resolve, 2)));
    }
  };
  return service;
}

test('the dashboard has the classes of the specification and shows a value of 0', async () => {
  const url = 'https://service.test/health';
  const { root, asked, seen } = await draw(createElement(SystemHealthDashboard, { url, headers: { A: 'b' } }), [healthy]);
  await seen('System Health: healthy');
  const [alerts, cpu] = main.querySelectorAll('.system-health-dashboard .health-check');
  assert.equal(alerts.outerHTML, '<div class="health-check pass"><h3>Active Alerts</h3><p>none</p><span>Value: 0</span></div>');
  assert.equal(cpu.className, 'health-check warn');
  assert.match(cpu.textContent, /Value: 91Threshold: 90/);
  assert.deepEqual(asked[0], [url, { Accept: 'application/json', A: 'b' }]);
  await act(async () => root.unmount());
});

test('a failure is shown beside the last answer, and goes when the service is back', async () => {
  const { root, seen } = await draw(createElement(SystemHealthDashboard, { interval: 1 }), [healthy, { status: 503 }]);
  await seen('Health cannot be read: the service answered 503');
  assert.match(main.textContent, /System Health: healthy/);
  globalThis.fetch = async () => new Response(JSON.stringify({ ...healthy, status: 'warning' }));
  await seen('System Health: warning');
  assert.equal(main.querySelector('[role=alert]'), null);
  await act(async () => root.unmount());
});

test('before the first answer it says that it loads, on the server too; a first failure is said', async () => {
  assert.equal(renderToString(createElement(SystemHealthDashboard)), '<div>Loading...</div>');
  const { root, seen } = await draw(createElement(SystemHealthDashboard), [{ status: 401 }]);
  await seen('Health cannot be read: the service answered 401');
  await act(async () => root.unmount());
});

test('the hook looks once however often it is drawn, again when asked to, and stops when it goes', async () => {
  let refresh;
  let drawn = 0;
  function Probe() {
    drawn += 1;
    const state = useSystemHealth({ headers: { A: 'b' }, interval: 60_000 });
    refresh = state.refresh;
    return state.health?.status ?? 'waiting';
  }
  const { root, asked, signals, seen } = await draw(createElement(Probe), [healthy, 'never']);
  await seen('healthy');
  assert.ok(drawn >= 2);
  assert.equal(asked.length, 1);
  await act(async () => refresh());
  await until(() => asked.length === 2);
  await act(async () => root.unmount());
  assert.ok(signals[1].aborted);
});

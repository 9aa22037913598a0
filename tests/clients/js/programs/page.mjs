// A browser's page with each dashboard; the page's server adds the token, as one behind a login would.
import { JSDOM } from 'jsdom';

const { window } = new JSDOM('<main></main>', { url: 'http://page.test/' });
Object.assign(globalThis, { window, document: window.document, IS_REACT_ACT_ENVIRONMENT: true });
Object.defineProperty(globalThis, 'navigator', { value: window.navigator, configurable: true });
const origin = process.env.PERFMON_URL.replace(/\/api$/, '');
const fetchOutside = globalThis.fetch;
globalThis.fetch = (path, how) =>
  fetchOutside(origin + path, { ...how, headers: { Authorization: `Bearer ${process.env.PERFMON_TOKEN}` } });

const { act, createElement } = await import('react');
const { createRoot } = await import('react-dom/client');
const written = await import('./dashboard.js');
const ours = await import('perfmon-client/react');

for (const { SystemHealthDashboard } of [written, ours]) {
  const main = document.querySelector('main');
  const root = createRoot(main);
  await act(() => root.render(createElement(SystemHealthDashboard)));
  const end = Date.now() + 20_000;
  while (!main.querySelector('.health-check') && Date.now() < end) {
    await act(() => new Promise(resolve => setTimeout(resolve, 10)));
  }
  console.log('--');
  for (const each of main.querySelectorAll('h2, h3, p, span')) console.log(each.textContent);
  await act(() => root.unmount());
}

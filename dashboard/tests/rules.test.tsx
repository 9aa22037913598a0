// A rule's form: one condition or several, and that nothing of a rule is lost on the way through it.
import { act, cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Rule } from '../src/api';
import { bodyOf, conditionsOf, draftOf, tagsOf, tagList } from '../src/pages/rule_draft';
import { Rules } from '../src/pages/rules';
import { serve } from './server';

const cpu = { metricType: 'cpu_usage', condition: 'greater_than', threshold: 90, aggregation: 'p99.9', window: 60, tags: { env: 'prod' }, recoveryThreshold: 80 };
const queue = { metricType: 'queue', condition: 'outside_range', threshold: 1, thresholdHigh: 5, aggregation: 'last', window: 30, tags: {} };
const common = { id: 'r1', name: 'Both', groupBy: ['host'], duration: 60, keepFiringFor: 5, noData: 'alert', severity: 'high', cooldownPeriod: 0, enabled: false,
  recipients: ['a@example.org'], channels: ['chn_1'], description: 'look\nthere', runbookUrl: 'https://example.org' };
const single = { ...common, ...cpu } as unknown as Rule;
const several = { ...common, conditions: [cpu, queue], match: 'any' } as unknown as Rule;

beforeEach(() => vi.stubGlobal('ResizeObserver', class { observe() {} disconnect() {} }));
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test.each([[single], [several]])('what a form does not change stays as it is', (rule) => {
  const body = bodyOf(draftOf(rule));
  const { id, ...expected } = rule as unknown as Record<string, unknown>;
  expect(body).toMatchObject(expected);
});

test('a field that has become meaningless is set back to its default', () => {
  const draft = draftOf(single);
  draft.conditions[0]!.condition = 'equal';
  expect(bodyOf(draft)).toMatchObject({ condition: 'equal', recoveryThreshold: null, thresholdHigh: null, compareTo: null });
});

test('a list shows the conditions in words', () => {
  expect(conditionsOf(several, (metricType) => (metricType === 'cpu_usage' ? 'percent' : ''))).toBe('p99.9 cpu_usage greater than 90% or last queue outside range 1 to 5');
});

test('a second condition is added, and the rule is saved with both; without it the rule is one of a single condition again', async () => {
  const { asked, sent } = serve({ '/alerts/rules/r1': [{ body: single }], '/channels': [{ body: { channels: [] } }] });
  render(<Rules id="r1" />);
  await screen.findByText('Add a condition');
  act(() => screen.getByText('Add a condition').click());
  await act(async () => screen.getByText('Save').click());
  expect(asked).toContain('PATCH /alerts/rules/r1');
  expect(sent.at(-1)).toMatchObject({ match: 'all', conditions: [cpu, { metricType: 'cpu_usage', threshold: 90 }] });
  act(() => screen.getByText('Remove condition 1').click());
  const save = await screen.findByText('Save');
  await act(async () => save.click());
  expect(sent.at(-1)).toMatchObject({ metricType: 'cpu_usage', aggregation: 'avg' });
  expect(sent.at(-1)).not.toHaveProperty('conditions');
});

test.each([
  ['what Explore passes on from an alert', '{"host":"web-1"}', { host: 'web-1' }],
  ['pairs with a colon', 'host:web-1, url:http://a', { host: 'web-1', url: 'http://a' }],
  ['pairs as tags are shown', 'env=prod', { env: 'prod' }],
])('tags are read as they are written: %s', (_, text, tags) => expect(tagsOf(text)).toEqual(tags));

test('a tag with a comma is still the same after the field was edited', () => {
  const tags = { path: 'a,b', host: 'web-1' };
  expect(tagsOf(tagList(tags))).toEqual(tags);
});

test('a text that is no tag is told, not dropped, and a number that is being typed is not made another', async () => {
  location.hash = '#/rules/new';
  vi.stubGlobal('fetch', async () => new Response('{"channels": [], "metrics": [], "series": []}'));
  render(<Rules id="new" />);
  const tags = screen.getByLabelText(/^Tags/);
  fireEvent.input(tags, { target: { value: 'prod' } });
  fireEvent.focusOut(tags);
  expect(screen.getByRole('alert').textContent).toContain('prod is no tag');
  const threshold = screen.getByLabelText('Threshold') as HTMLInputElement;
  fireEvent.input(threshold, { target: { value: '' } });
  expect(threshold.value).toBe('');
  fireEvent.input(threshold, { target: { value: '-5' } });
  expect(threshold.value).toBe('-5');
  fireEvent.input(threshold, { target: { value: '' } });
  fireEvent.focusOut(threshold);
  expect(threshold.value).toBe('-5');
});

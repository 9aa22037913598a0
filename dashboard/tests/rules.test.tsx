// A rule's form: one condition or several, and that nothing of a rule is lost on the way through it.
import { act, cleanup, render, screen } from '@testing-library/preact';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Rule } from '../src/api';
import { bodyOf, conditionsOf, draftOf } from '../src/pages/rule_draft';
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

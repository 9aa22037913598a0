// A rule as it is being edited: always a list of conditions, while the API writes a single one into the rule itself.
import type { Rule, Tags } from '../api';
import { quantity } from '../text';

export type Condition = {
  metricType: string; condition: string; threshold: number; thresholdHigh: number | null; recoveryThreshold: number | null; compareTo: number | null;
  aggregation: string; window: number; tags: Tags;
};
export type Draft = {
  name: string; conditions: Condition[]; match: string; groupBy: string[]; duration: number; keepFiringFor: number; noData: string | null; severity: string;
  cooldownPeriod: number | null; enabled: boolean; recipients: string[]; channels: string[]; description: string; runbookUrl: string;
};

export const CONDITION: Condition = {
  metricType: 'cpu_usage', condition: 'greater_than', threshold: 90, thresholdHigh: null, recoveryThreshold: null, compareTo: null, aggregation: 'avg', window: 60, tags: {},
};
export const BLANK: Draft = {
  name: '', conditions: [CONDITION], match: 'all', groupBy: ['host'], duration: 300, keepFiringFor: 0, noData: null, severity: 'medium',
  cooldownPeriod: null, enabled: true, recipients: [], channels: [], description: '', runbookUrl: '',
};

// Fields that mean something for some operators only; what has become meaningless is sent as null, its default.
export const isChange = (operator: string): boolean => operator.startsWith('percent');
export const isRange = (operator: string): boolean => operator === 'outside_range';
export const recovers = (operator: string): boolean => !['equal', 'not_equal', 'outside_range'].includes(operator);

const pick = <T extends object>(shape: T, from: object): T =>
  Object.fromEntries(Object.entries(shape).map(([name, usual]) => [name, (from as Record<string, unknown>)[name] ?? usual])) as T;

export function draftOf(rule: Rule): Draft {
  const conditions = (rule.conditions ?? [rule]) as object[];
  return { ...pick(BLANK, rule), conditions: conditions.map((each) => pick(CONDITION, each)) };
}

// In words, as lists show it: `cpu_usage greater than 90% and last queue outside range 1 to 5`.
export function conditionsOf(rule: Rule, unitOf: (metricType: string) => string = () => ''): string {
  const { conditions, match } = draftOf(rule);
  const words = conditions.map(({ metricType, condition, threshold, thresholdHigh, aggregation }) => {
    const unit = isChange(condition) ? 'percent' : unitOf(metricType);
    return `${aggregation === 'avg' ? '' : `${aggregation} `}${metricType} ${condition.replaceAll('_', ' ')} ${quantity(threshold, unit)}${isRange(condition) ? ` to ${quantity(thresholdHigh, unit)}` : ''}`;
  });
  return words.join(match === 'any' ? ' or ' : ' and ');
}

// The rule's JSON: one condition stands in the rule, several in `conditions`.
export function bodyOf(draft: Draft): Record<string, unknown> {
  const { conditions, match, ...rest } = draft;
  const written = conditions.map((each) => ({
    ...each,
    thresholdHigh: isRange(each.condition) ? each.thresholdHigh : null,
    recoveryThreshold: recovers(each.condition) ? each.recoveryThreshold : null,
    compareTo: isChange(each.condition) ? each.compareTo : null,
  }));
  return written.length === 1 ? { ...rest, ...written[0] } : { ...rest, conditions: written, match };
}

export const list = (text: string): string[] => text.split(',').map((each) => each.trim()).filter(Boolean);

// Tags as one writes them, `host:web-1, mount:/`; as JSON where a comma would cut a value.
export const tagList = (tags: Tags): string =>
  Object.values(tags).some((value) => value.includes(',')) ? JSON.stringify(tags) : Object.entries(tags).map(([key, value]) => `${key}:${value}`).join(', ');

const SEPARATOR = /[:=]/;

// `host:web-1, mount:/`, `host=web-1` or JSON as tags, as the API reads them in an address; null where one is none.
export function tagsOf(text: string): Tags | null {
  if (text.trim().startsWith('{')) {
    try {
      return Object.fromEntries(Object.entries(JSON.parse(text) as object).map(([key, value]) => [key, String(value)]));
    } catch {
      return null;
    }
  }
  const parts = list(text);
  if (!parts.every((each) => SEPARATOR.test(each))) return null;
  return Object.fromEntries(parts.map((each) => [each.slice(0, each.search(SEPARATOR)).trim(), each.slice(each.search(SEPARATOR) + 1).trim()]));
}

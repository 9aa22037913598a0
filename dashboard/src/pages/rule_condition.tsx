// One condition of a rule: its fields, and the past of its metric with the threshold on it.
import { useState } from 'react';
import { type Found, queryPath, type Tags } from '../api';
import { Chart } from '../chart/chart';
import type { Mark } from '../chart/marks';
import { useApi, useKept } from '../hooks';
import { span } from '../text';
import { Field, Figure, Typed, Waiting } from '../ui';
import { type Condition, isChange, isRange, recovers, tagList, tagsOf } from './rule_draft';

const OPERATORS = ['greater_than', 'greater_than_or_equal', 'less_than', 'less_than_or_equal', 'equal', 'not_equal', 'outside_range', 'percent_increase', 'percent_decrease'];
const AGGREGATIONS = ['avg', 'min', 'max', 'sum', 'count', 'last', 'stddev', 'p50', 'p75', 'p90', 'p95', 'p99', 'rate', 'increase', 'hosts'];
const options = (usual: string[], own: string): string[] => (usual.includes(own) ? usual : [...usual, own]); // p99.9, say

export function ConditionFields({ of, set }: { of: Condition; set: (change: Partial<Condition>) => void }) {
  return (
    <div className="form">
      <Field label="Metric"><Typed list="known-metrics" value={of.metricType} onDone={(metricType) => set({ metricType })} /></Field>
      <Field label="Condition"><select value={of.condition} onChange={(event) => set({ condition: event.target.value })}>{OPERATORS.map((each) => <option key={each} value={each}>{each.replaceAll('_', ' ')}</option>)}</select></Field>
      <Field label={isRange(of.condition) ? 'Lower end' : isChange(of.condition) ? 'Threshold (percent)' : 'Threshold'}><Figure step="any" value={of.threshold} onDone={(threshold) => set({ threshold })} /></Field>
      {isRange(of.condition) && <Field label="Upper end"><Number value={of.thresholdHigh} onDone={(thresholdHigh) => set({ thresholdHigh })} /></Field>}
      {isChange(of.condition) && <Field label="Against seconds ago"><Number value={of.compareTo} placeholder="3600" onDone={(compareTo) => set({ compareTo })} /></Field>}
      {recovers(of.condition) && <Field label="Resolved at"><Number value={of.recoveryThreshold} placeholder={String(of.threshold)} onDone={(recoveryThreshold) => set({ recoveryThreshold })} /></Field>}
      <Field label="Aggregation"><select value={of.aggregation} onChange={(event) => set({ aggregation: event.target.value })}>{options(AGGREGATIONS, of.aggregation).map((each) => <option key={each}>{each}</option>)}</select></Field>
      <Field label="Over seconds" hint={span(of.window * 1000)}><Figure min={1} value={of.window} onDone={(window) => set({ window })} /></Field>
      <TagsField tags={of.tags} set={(tags) => set({ tags })} />
    </div>
  );
}

// A text that is no tag is told: left out without a word, the rule would judge what it was not meant for.
function TagsField({ tags, set }: { tags: Tags; set: (tags: Tags) => void }) {
  const [wrong, setWrong] = useState('');
  const take = (text: string) => {
    const read = tagsOf(text);
    setWrong(read ? '' : text);
    if (read) set(read);
  };
  return (
    <>
      <Field label="Tags"><Typed value={tagList(tags)} placeholder="host:web-1, mount:/" onDone={take} /></Field>
      {wrong && <span className="trouble" role="alert"><bdi>{wrong}</bdi> is no tag: write it as name:value.</span>}
    </>
  );
}

// A number that may be left out: null.
export function Number({ value, onDone, placeholder }: { value: number | null; onDone: (value: number | null) => void; placeholder?: string }) {
  const read = (number: number) => onDone(isFinite(number) ? number : null);
  return <input type="number" step="any" value={value ?? ''} placeholder={placeholder} onChange={(event) => read(event.target.valueAsNumber)} />;
}

// The metric as the rule reads it, with its thresholds, and when it would have fired.
export function Past({ of, groupBy, from, marks, height }: { of: Condition; groupBy: string[]; from: string; marks: Mark[]; height: number }) {
  const query = { metricType: of.metricType, from, aggregation: of.aggregation, groupBy: groupBy.join(','), topk: '20', tags: Object.keys(of.tags).length ? JSON.stringify(of.tags) : '' };
  const seen = useKept(useApi<Found>(of.metricType ? queryPath(query) : null, 60));
  return (
    <Waiting loaded={seen} empty="Looking at the past …">
      {(found) => <Chart found={found} height={height} marks={marks} threshold={isChange(of.condition) ? null : of.threshold} upper={isRange(of.condition) ? of.thresholdHigh : null} label={of.metricType} />}
    </Waiting>
  );
}

// Any metric, any way; the address keeps what one looks at.
import { useMemo } from 'react';
import { type Found, type Query, queryPath } from '../api';
import { useAlertMarks } from '../alert_marks';
import { Chart } from '../chart/chart';
import { save, toCsv } from '../csv';
import { useApi, useKept } from '../hooks';
import { useWiden, zoomTo } from '../metric';
import { before, useRange } from '../range';
import { RangeBar } from '../range_bar';
import { setQuery, useRoute } from '../route';
import { Card, Field, Typed, Waiting } from '../ui';

const AGGREGATIONS = ['avg', 'min', 'max', 'sum', 'count', 'last', 'stddev', 'p50', 'p75', 'p90', 'p95', 'p99', 'rate', 'increase'];
const TOPS = ['5', '10', '20', '50', '100', '200'];
const HOUR = 3_600_000;
const EARLIER: Record<string, [string, number]> = { '1h': ['an hour before', HOUR], '1d': ['a day before', 24 * HOUR], '7d': ['a week before', 168 * HOUR] };
type Known = { metricType: string; units: string[]; series: number };

export function Explore() {
  const { search } = useRoute();
  const range = useRange();
  const asked = (name: string, otherwise: string) => search.get(name) ?? otherwise;
  const query: Query = {
    metricType: asked('metricType', ''), from: range.from, to: range.to, aggregation: asked('aggregation', 'avg'),
    groupBy: asked('groupBy', ''), tags: asked('tags', ''), topk: asked('topk', '20'),
  };
  const metrics = useApi<{ metrics: Known[] }>('/metrics/catalog');
  const tags = useApi<{ tags: { key: string; values: { value: string }[] }[] }>(query.metricType ? `/metrics/tags?metricType=${encodeURIComponent(query.metricType)}` : null);
  const found = useKept(useApi<Found>(query.metricType ? queryPath(query) : null, range.every));
  const [name, by] = EARLIER[asked('compare', '')] ?? ['', 0];
  const step = found.data && found.data.metricType === query.metricType ? `${found.data.step}s` : '';
  const earlier = useKept(useApi<Found>(by && step ? queryPath({ ...query, ...before(range, by), step }) : null, range.every && 60));
  const overlay = useMemo(() => (by && earlier.data ? { found: earlier.data, by, name } : null), [earlier.data, by, name]);
  const widen = useWiden(range);
  const marks = useAlertMarks(range, query.metricType ? { metricType: query.metricType } : null)(query.metricType);
  const set = (field: string, value: string) => setQuery({ [field]: value });
  const keys = tags.data?.tags ?? [];
  return (
    <Card title="Explore" isPage aside={<RangeBar range={range} />}>
      <div className="form row">
        <Field label="Metric">
          <Typed list="metrics" value={query.metricType} placeholder="cpu_usage" onDone={(text) => set('metricType', text)} />
          <datalist id="metrics">{metrics.data?.metrics.map((each) => <option key={each.metricType} value={each.metricType}>{each.units.join(', ')}</option>)}</datalist>
        </Field>
        <Field label="Aggregation">
          <select value={query.aggregation} onChange={(event) => set('aggregation', event.target.value)}>{AGGREGATIONS.map((each) => <option key={each}>{each}</option>)}</select>
        </Field>
        <Field label="Group by">
          <Typed list="keys" value={query.groupBy ?? ''} placeholder={keys[0]?.key ?? 'host'} onDone={(text) => set('groupBy', text)} />
          <datalist id="keys">{keys.map((each) => <option key={each.key} value={each.key} />)}</datalist>
        </Field>
        <Field label="Tags">
          <Typed list="pairs" value={query.tags ?? ''} placeholder="host:web-1, env:!dev" onDone={(text) => set('tags', text)} />
          <datalist id="pairs">{keys.flatMap(({ key, values }) => values.slice(0, 50).map(({ value }) => <option key={`${key}:${value}`} value={`${key}:${value}`} />))}</datalist>
        </Field>
        <Field label="At most"><select value={query.topk} onChange={(event) => set('topk', event.target.value)}>{TOPS.map((each) => <option key={each} value={each}>{each} series</option>)}</select></Field>
        <Field label="Compare with"><select value={by ? asked('compare', '') : ''} onChange={(event) => set('compare', event.target.value)}><option value="">nothing</option>{Object.entries(EARLIER).map(([value, [words]]) => <option key={value} value={value}>{words}</option>)}</select></Field>
      </div>
      {query.metricType ? (
        <Waiting loaded={found}>
          {(data) => (
            <>
              <Chart found={data} height={340} label={data.metricType} isTable zoom={zoomTo} widen={widen} before={overlay} marks={marks} />
              <div className="acts foot">
                <span className="note">{data.series.length} series, a point every {data.step} s, read from {data.tier === 'raw' ? 'samples' : `${data.tier} rollups`}. Drag to zoom; the browser's back takes it back.</span>
                <button onClick={() => save(`${data.metricType}.csv`, toCsv(data))}>CSV</button>
                <a className="button" href={`#/rules/new?${new URLSearchParams({ metricType: query.metricType, aggregation: query.aggregation!, groupBy: query.groupBy!, tags: query.tags! })}`}>Make a rule</a>
              </div>
            </>
          )}
        </Waiting>
      ) : <Choice known={metrics.data?.metrics} choose={(metricType) => set('metricType', metricType)} />}
    </Card>
  );
}

function Choice({ known, choose }: { known?: Known[]; choose: (metricType: string) => void }) {
  if (known?.length === 0) return <p className="empty">No metric has been recorded yet. <a href="#/">The overview</a> says how a host sends its first.</p>;
  return (
    <>
      <p className="note">Choose a metric:</p>
      <ul className="choices">{known?.slice(0, 200).map((each) => <li key={each.metricType}><button onClick={() => choose(each.metricType)} title={`${each.series} series, ${each.units.join(', ')}`}>{each.metricType}</button></li>)}</ul>
    </>
  );
}

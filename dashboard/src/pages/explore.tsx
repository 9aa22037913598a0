// Any metric, any way; the address keeps what one looks at.
import { type Found, queryPath } from '../api';
import { Chart } from '../chart';
import { useApi, useKept } from '../hooks';
import { Card, Field, Typed, Waiting } from '../ui';

const RANGES = ['-15m', '-1h', '-6h', '-24h', '-7d', '-30d'];
const AGGREGATIONS = ['avg', 'min', 'max', 'sum', 'count', 'last', 'p50', 'p95', 'p99', 'rate', 'increase'];

export function Explore({ search }: { search: URLSearchParams }) {
  const asked = (name: string, otherwise: string) => search.get(name) ?? otherwise;
  const query = {
    metricType: asked('metricType', ''), from: asked('from', '-1h'), aggregation: asked('aggregation', 'avg'),
    groupBy: asked('groupBy', ''), tags: asked('tags', ''), topk: '20',
  };
  const metrics = useApi<{ metrics: { metricType: string; units: string[]; series: number }[] }>('/metrics/catalog');
  const tags = useApi<{ tags: { key: string }[] }>(query.metricType ? `/metrics/tags?metricType=${encodeURIComponent(query.metricType)}` : null);
  const found = useKept(useApi<Found>(query.metricType ? queryPath(query) : null, 10));
  const set = (name: string, value: string) => {
    const next = new URLSearchParams(location.hash.split('?')[1]); // as it is now: two fields may be done before the next picture
    if (value) next.set(name, value);
    else next.delete(name);
    location.hash = `#/explore?${next}`;
  };
  return (
    <Card title="Explore" isPage aside={found.data && <button onClick={() => save(`${query.metricType}.csv`, toCsv(found.data!))}>CSV</button>}>
      <div className="form row">
        <Field label="Metric">
          <Typed list="metrics" value={query.metricType} placeholder="cpu_usage" onDone={(text) => set('metricType', text)} />
          <datalist id="metrics">{metrics.data?.metrics.map((each) => <option key={each.metricType} value={each.metricType}>{each.units.join(', ')}</option>)}</datalist>
        </Field>
        <Field label="Aggregation">
          <select value={query.aggregation} onChange={(event) => set('aggregation', event.target.value)}>{AGGREGATIONS.map((each) => <option key={each}>{each}</option>)}</select>
        </Field>
        <Field label="Group by">
          <Typed list="keys" value={query.groupBy} placeholder="host" onDone={(text) => set('groupBy', text)} />
          <datalist id="keys">{tags.data?.tags.map((each) => <option key={each.key} value={each.key} />)}</datalist>
        </Field>
        <Field label="Tags"><Typed value={query.tags} placeholder="host:web-1" onDone={(text) => set('tags', text)} /></Field>
        <Field label="Range">
          <select value={query.from} onChange={(event) => set('from', event.target.value)}>{RANGES.map((each) => <option key={each} value={each}>last {each.slice(1)}</option>)}</select>
        </Field>
      </div>
      {query.metricType ? (
        <Waiting loaded={found}>
          {(data) => (
            <>
              <Chart found={data} height={340} label={query.metricType} />
              <p className="note">{data.series.length} series, a point every {data.step} s, read from {data.tier === 'raw' ? 'samples' : `${data.tier} rollups`}.</p>
            </>
          )}
        </Waiting>
      ) : (
        <>
          <p className="note">{metrics.data?.metrics.length === 0 ? 'No metric has been recorded yet.' : 'Choose a metric:'}</p>
          <ul className="choices">
            {metrics.data?.metrics.slice(0, 100).map((each) => (
              <li key={each.metricType}>
                <button onClick={() => set('metricType', each.metricType)}>{each.metricType}</button>
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}

// Made when it is asked for: of many series it is long.
function save(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// A cell that a spreadsheet would run as a formula is written as a text.
const cell = (text: string): string => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;

function toCsv(found: Found): string {
  const lines = found.series.flatMap((series) =>
    series.points.map(([at, value]) => [new Date(at).toISOString(), cell(JSON.stringify(series.tags)), value ?? ''].join(',')),
  );
  return ['time,tags,value', ...lines].join('\r\n');
}

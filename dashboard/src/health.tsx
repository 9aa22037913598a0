// How the system does: what is wrong and since when first, then every check, and the last hour minute by minute.
import type { Check, Health, Minute } from './api';
import { link } from './route';
import { instantText, span } from './text';

const WORDS = { healthy: 'All is well', warning: 'Something needs a look', critical: 'Something is broken' };
const MINUTE = 60_000;
const RANK = { fail: 0, warn: 1, pass: 2 };
// Checks of the service itself: while they pass they need no more than a word.
const OWN = ['PostgreSQL', 'Valkey', 'Ingest Backlog', 'Evaluation', 'Compaction', 'Dead Letters', 'Collector'];
const SET_UP = 'Alert Recipients'; // speaks of how the service is set up, not of how anything runs: it is told, and counts for nothing
const explored = (metricType: string, groupBy: string) => `#/explore?${new URLSearchParams({ metricType, groupBy })}`;
const PLACES: Record<string, string> = {
  'Response Time': explored('response_time', 'endpoint'), 'Error Rate': explored('error_rate', 'endpoint'), 'Memory Usage': explored('memory_usage', 'host'),
  'CPU Usage': explored('cpu_usage', 'host'), 'Disk Usage': explored('disk_usage', 'host,mount'), 'Active Alerts': link('alerts'), 'Hosts Reporting': link('hosts'),
  'Dead Letters': link('channels'), 'Alert Recipients': link('rules'), Collector: link('targets'),
};

export function HealthCard({ health, minutes }: { health: Health; minutes: Minute[] }) {
  const checks = [...health.checks].sort((a, b) => RANK[a.status] - RANK[b.status]);
  const quiet = checks.filter((check) => check.name === SET_UP || (check.status === 'pass' && OWN.includes(check.name)));
  const wrong = checks.filter((check) => check.status !== 'pass' && check.name !== SET_UP);
  return (
    <section className={`health ${health.status}`}>
      <header>
        <h1 aria-live="polite"><i aria-hidden /> {WORDS[health.status]}{health.status !== 'healthy' && wrong.length > 0 && <small>{wrong.map((check) => check.name).join(', ')}</small>}</h1>
        <LastHour minutes={minutes} />
      </header>
      <ul className="checks">
        {checks.filter((check) => !quiet.includes(check)).map((check) => <Tile key={check.name} check={check} since={sinceWhen(check.name, minutes)} />)}
      </ul>
      <ul className="own" aria-label="The service itself">
        {quiet.map((check) => <li key={check.name} className={check.status}><h2>{check.name}</h2> <span>{check.message.startsWith(check.name) ? check.message.slice(check.name.length + 1) : check.message}{check.status !== 'pass' && <> · <a href={PLACES[check.name]}>rules</a></>}</span></li>)}
      </ul>
    </section>
  );
}

function Tile({ check, since }: { check: Check; since: string | null }) {
  const place = PLACES[check.name];
  return (
    <li className={check.status}>
      <h2>{place ? <a href={place}>{check.name}</a> : check.name}{check.status !== 'pass' && <b>{check.status}</b>}</h2>
      <p title={check.message}><bdi>{check.message}</bdi></p>
      {check.status !== 'pass' && since && <small>{since}</small>}
      {check.status === 'pass' && <span className="sr">pass</span>}
    </li>
  );
}

// How long a check has not passed, as far as the last hour tells.
function sinceWhen(name: string, minutes: Minute[]): string | null {
  let first: Minute | null = null;
  for (let place = minutes.length - 1; place >= 0; place--) {
    const status = minutes[place]!.checks.find((check) => check.name === name)?.status;
    if (status === undefined || status === 'pass') break;
    first = minutes[place]!;
  }
  if (!first) return null;
  const passed = Date.now() - Date.parse(first.at);
  if (passed < MINUTE) return 'just now';
  return first === minutes[0] && passed > 55 * MINUTE ? 'for over an hour' : `for ${span(Math.floor(passed / MINUTE) * MINUTE)}`;
}

function LastHour({ minutes }: { minutes: Minute[] }) {
  if (!minutes.length) return null;
  const now = Math.floor(Date.now() / MINUTE) * MINUTE;
  const known = new Map(minutes.map((each) => [Date.parse(each.at), each]));
  const shown = Array.from({ length: 60 }, (_, place) => ({ at: now - (59 - place) * MINUTE, minute: known.get(now - (59 - place) * MINUTE) }));
  const counted = (status: string) => minutes.filter((each) => each.status === status).length;
  return (
    <div className="hour" role="img" aria-label={`The last hour: ${counted('healthy')} minutes healthy, ${counted('warning')} warning, ${counted('critical')} critical`}>
      {shown.map(({ at, minute }) => {
        const wrong = minute?.checks.filter((check) => check.status !== 'pass' && check.name !== SET_UP).map((check) => check.name).join(', ');
        return <i key={at} className={minute?.status ?? 'none'} title={`${instantText(at)}: ${minute ? `${minute.status}${wrong ? ` (${wrong})` : ''}` : 'not written down'}`} />;
      })}
    </div>
  );
}

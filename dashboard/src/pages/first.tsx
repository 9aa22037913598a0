// What to do where nothing has been sent yet: the first host, the first metric.
import { useState } from 'react';
import { BASE, call } from '../api';
import { Act, Card } from '../ui';

// The token is made on demand, and can do nothing but send.
function useToken(): [string, React.ReactNode] {
  const [token, setToken] = useState('pm_…');
  const make = async () => setToken((await call<{ token: string }>('POST', '/tokens', { name: 'first hosts', scopes: ['ingest'] })).token);
  return [token, token === 'pm_…' && <Act name="Fill in a new token" needs="admin" run={make} />];
}

export function FirstHost() {
  const [token, button] = useToken();
  return (
    <div className="empty">
      <p>No host yet. In a copy of the repository, on any host:</p>
      <pre tabIndex={0}>{`pip install ./agent\nPERFMON_URL=${location.origin}/api \\\nPERFMON_TOKEN=${token} \\\nperfmon-agent`}</pre>
      {button}
    </div>
  );
}

export function FirstMetric() {
  const [token, button] = useToken();
  return (
    <Card title="The first metric">
      <div className="empty">
        <p>Nothing has been recorded yet: charts stand here as soon as something is. From any program, or by hand:</p>
        <pre tabIndex={0}>{`curl ${location.origin}${BASE}/metrics \\\n  -H "Authorization: Bearer ${token}" -H "Content-Type: application/json" \\\n  -d '{"metricType": "response_time", "value": 250, "unit": "ms", "tags": {"endpoint": "/api/projects"}}'`}</pre>
        {button}
        <p className="note">On a machine with <code>make run</code>, <code>make demo</code> beside it fills the service with two weeks of twenty hosts.</p>
      </div>
    </Card>
  );
}

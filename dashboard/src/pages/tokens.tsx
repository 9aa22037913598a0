// Tokens: who may call the service, what for and until when.
import { useState } from 'react';
import { call, type Token } from '../api';
import { useApi } from '../hooks';
import { Act, Acts, Badge, Card, Field, Until, Waiting, When } from '../ui';

const SCOPES: [string, string][] = [['ingest', 'send metrics'], ['read', 'look'], ['respond', 'look; acknowledge, silence'], ['manage', 'the same; change rules and channels'], ['admin', 'everything']];
const DAY = 86_400_000;
const LENGTHS: [string, number][] = [['never', 0], ['in a week', 7], ['in 90 days', 90], ['in a year', 365]];

export function Tokens() {
  const tokens = useApi<{ tokens: Token[] }>('/tokens', 30);
  return (
    <Card title="Tokens" isPage>
      <NewToken done={tokens.reload} />
      <Waiting loaded={tokens}>
        {(found) => {
          const sessions = found.tokens.filter(isSession);
          return (
            <>
              <List tokens={found.tokens.filter((token) => !isSession(token))} done={tokens.reload} />
              {sessions.length > 0 && <details><summary>Sessions of dashboards: {sessions.length}</summary><List tokens={sessions} done={tokens.reload} /></details>}
            </>
          );
        }}
      </Waiting>
    </Card>
  );
}

// A session's id begins with that of the token it was begun with.
const isSession = (token: Token): boolean => token.id.includes('.');

const List = ({ tokens, done }: { tokens: Token[]; done: () => void }) => (
  <div className="scroll">
    <table>
      <thead><tr><th>Name</th><th>May</th><th>Created</th><th>Last used</th><th>Ends</th><Acts /></tr></thead>
      <tbody>
        {tokens.map((token) => (
          <tr key={token.id}>
            <td><bdi>{token.name}</bdi></td><td>{token.scopes.map((each) => <Badge key={each} kind={each === 'admin' ? 'high' : 'quiet'}>{each}</Badge>)}</td><td data-name="created"><When at={token.createdAt} /></td>
            <td data-name="last used">{token.lastUsedAt ? <When at={token.lastUsedAt} /> : 'never'}</td>
            <td data-name="ends">{token.expiresAt ? <Until at={token.expiresAt} /> : 'never'}</td>
            <td><Act name="Revoke" confirm="Whoever uses it stops at once." run={() => call('DELETE', `/tokens/${encodeURIComponent(token.id)}`)} done={done} /></td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

function NewToken({ done }: { done: () => void }) {
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState(['ingest']);
  const [days, setDays] = useState(0);
  const [secret, setSecret] = useState<string | null>(null);
  const make = async () => {
    const until = days ? { expiresAt: new Date(Date.now() + days * DAY).toISOString() } : {};
    setSecret((await call<{ token: string }>('POST', '/tokens', { name, scopes: chosen, ...until })).token);
  };
  return (
    <>
      <div className="form row">
        <Field label="Name"><input value={name} onChange={(event) => setName(event.target.value)} placeholder="web fleet" /></Field>
        <Field label="Ends"><select value={days} onChange={(event) => setDays(Number(event.target.value))}>{LENGTHS.map(([words, length]) => <option key={words} value={length}>{words}</option>)}</select></Field>
        <Act kind="primary" name="Create" run={make} done={() => { setName(''); done(); }} />
      </div>
      <fieldset className="choices">
        <legend>It may</legend>
        {SCOPES.map(([scope, words]) => (
          <label key={scope}>
            <input type="checkbox" checked={chosen.includes(scope)} onChange={(event) => setChosen(event.target.checked ? [...chosen, scope] : chosen.filter((each) => each !== scope))} /> {scope} <span className="note">({words})</span>
          </label>
        ))}
      </fieldset>
      {secret && <p className="result" role="status">This is shown once: <code>{secret}</code> <button onClick={() => void navigator.clipboard?.writeText(secret)}>Copy</button></p>}
    </>
  );
}

// Tokens: who may call the service, and what for.
import { useState } from 'react';
import { call, type Token } from '../api';
import { useApi } from '../hooks';
import { Act, Acts, Card, Field, Waiting, When } from '../ui';

export function Tokens() {
  const tokens = useApi<{ tokens: Token[] }>('/tokens');
  const [name, setName] = useState('');
  const [scope, setScope] = useState('ingest');
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <Card title="Tokens" isPage>
      <div className="form row">
        <Field label="Name"><input value={name} onChange={(event) => setName(event.target.value)} placeholder="web fleet" /></Field>
        <Field label="May"><select value={scope} onChange={(event) => setScope(event.target.value)}>{['ingest', 'read', 'respond', 'manage', 'admin'].map((each) => <option key={each}>{each}</option>)}</select></Field>
        <Act kind="primary" name="Create" run={async () => setSecret((await call<{ token: string }>('POST', '/tokens', { name, scopes: [scope] })).token)} done={() => { setName(''); tokens.reload(); }} />
      </div>
      {secret && <p className="result" role="status">This is shown once: <code>{secret}</code></p>}
      <Waiting loaded={tokens}>
        {(found) => (
          <div className="scroll">
            <table>
              <thead><tr><th>Name</th><th>May</th><th>Created</th><th>Last used</th><Acts /></tr></thead>
              <tbody>
                {found.tokens.map((token) => (
                  <tr key={token.id}>
                    <td><bdi>{token.name}</bdi></td><td data-name="may">{token.scopes.join(', ')}</td><td data-name="created"><When at={token.createdAt} /></td>
                    <td data-name="last used">{token.lastUsedAt ? <When at={token.lastUsedAt} /> : 'never'}</td>
                    <td><Act name="Revoke" confirm="Whoever uses it stops at once." run={() => call('DELETE', `/tokens/${token.id}`)} done={tokens.reload} /></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Waiting>
    </Card>
  );
}

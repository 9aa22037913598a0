// The way in: a token becomes a session.
import { useState } from 'react';
import { ApiError, call } from './api';
import { remember } from './session';
import { Field } from './ui';

export function Login({ done }: { done: () => void }) {
  const [token, setToken] = useState('');
  const [error, setError] = useState<string | null>(null);
  const enter = async (event: React.FormEvent) => {
    event.preventDefault();
    try {
      remember((await call<{ expiresAt: string }>('POST', '/sessions', { token: token.trim() })).expiresAt);
      done();
    } catch (wrong) {
      setError(wrong instanceof ApiError ? wrong.message : String(wrong));
    }
  };
  return (
    <main className="login">
      <form onSubmit={enter}>
        <h1>Performance Monitoring</h1>
        <Field label="Token">
          <input type="password" autoFocus autoComplete="current-password" value={token} onChange={(event) => setToken(event.target.value)} placeholder="pm_…" />
        </Field>
        <button className="primary" disabled={!token.trim()}>Log in</button>
        {error && <p className="trouble" role="alert">{error}</p>}
        <p className="note"><code>make run</code> prints a token; an administrator makes others.</p>
      </form>
    </main>
  );
}

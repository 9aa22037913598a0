// The way in: a token becomes a session.
import { useState } from 'react';
import { ApiError, call } from './api';
import { remember, type Who } from './session';
import { Field } from './ui';

// `isOver`: there was a session, and it has ended.
export function Login({ isOver, done }: { isOver: boolean; done: () => void }) {
  const [token, setToken] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const enter = async (event: React.FormEvent) => {
    event.preventDefault();
    setIsBusy(true);
    try {
      const session = await call<Who & { expiresAt: string }>('POST', '/sessions', { token: token.trim() });
      remember(session.expiresAt, session);
      done();
    } catch (wrong) {
      setError(wrong instanceof ApiError ? wrong.message : String(wrong));
    }
    setIsBusy(false);
  };
  return (
    <main className="login">
      <form onSubmit={enter}>
        <h1>Performance Monitoring</h1>
        {isOver && !error && <p role="status">Your session has ended. Log in again: you come back to the page you were on.</p>}
        <Field label="Token">
          <input type="password" autoFocus autoComplete="current-password" value={token} onChange={(event) => setToken(event.target.value)} placeholder="pm_…" />
        </Field>
        <button className="primary" disabled={!token.trim() || isBusy}>{isBusy ? 'Logging in …' : 'Log in'}</button>
        {error && <p className="trouble" role="alert">{error}</p>}
        <p className="note"><code>make run</code> prints a token; an administrator makes others, on the page Tokens. It becomes a session of twelve hours that you can end.</p>
      </form>
    </main>
  );
}

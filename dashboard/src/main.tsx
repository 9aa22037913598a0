// The page: log in, a menu, and the part that the address names.
import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiError, call } from './api';
import { useApi, useRoute } from './hooks';
import { Channels, Tokens } from './pages/admin';
import { Alerts } from './pages/alerts';
import { Explore } from './pages/explore';
import { Hosts } from './pages/hosts';
import { Overview } from './pages/overview';
import { Reports } from './pages/reports';
import { Rules } from './pages/rules';
import { forget, isRemembered, remember } from './session';
import './style.css';

const MENU = [['', 'Overview'], ['hosts', 'Hosts'], ['explore', 'Explore'], ['alerts', 'Alerts'], ['rules', 'Rules'], ['reports', 'Reports'], ['channels', 'Channels'], ['tokens', 'Tokens']] as const;

function Page() {
  const [[part = '', id], search] = useRoute();
  const [isIn, setIsIn] = useState(isRemembered);
  // Nobody is asked about a session that there cannot be: the answer would stand in the console as an error.
  const session = useApi<{ name: string; scopes: string[] }>(isIn ? '/sessions/current' : null, 60);
  const isRefused = session.error?.status === 401 || session.error?.status === 403;
  useEffect(() => {
    if (isRefused) forget();
  }, [isRefused]);
  const leave = () => {
    forget();
    setIsIn(false);
  };
  if (!isIn || isRefused) return <Login done={() => { setIsIn(true); session.reload(); }} />;
  if (!session.data) return <p className="empty" data-loading={session.error ? undefined : true}>{session.error?.message ?? 'Loading …'}</p>;
  return (
    <>
      <a className="skip" href="#main">Skip to the content</a>
      <nav aria-label="Pages">
        <b>Performance Monitoring</b>
        {MENU.map(([path, name]) => (
          <a key={path} href={`#/${path}`} aria-current={part === path ? 'page' : undefined}>{name}</a>
        ))}
        <button className="quiet" onClick={() => void call('DELETE', '/sessions/current').finally(leave)}>Log out</button>
      </nav>
      <main id="main">
        {part === '' && <Overview />}
        {part === 'hosts' && <Hosts name={id} />}
        {part === 'explore' && <Explore search={search} />}
        {part === 'alerts' && <Alerts id={id} />}
        {part === 'rules' && <Rules key={id} id={id} />}
        {part === 'reports' && <Reports />}
        {part === 'channels' && <Channels />}
        {part === 'tokens' && <Tokens />}
        {!MENU.some(([path]) => path === part) && <p className="empty">There is no such page. <a href="#/">Overview</a></p>}
      </main>
    </>
  );
}

function Login({ done }: { done: () => void }) {
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
        <label className="field">
          <span>Token</span>
          <input type="password" autoFocus autoComplete="current-password" value={token} onChange={(event) => setToken(event.target.value)} placeholder="pm_…" />
        </label>
        <button className="primary" disabled={!token.trim()}>Log in</button>
        {error && <p className="trouble" role="alert">{error}</p>}
        <p className="note"><code>make run</code> prints a token; an administrator makes others.</p>
      </form>
    </main>
  );
}

createRoot(document.getElementById('root')!).render(<StrictMode><Page /></StrictMode>);

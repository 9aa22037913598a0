// The page: log in, a menu, and the part that the address names.
import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { call } from './api';
import { useApi, useRoute } from './hooks';
import { Login } from './login';
import { Alerts } from './pages/alerts';
import { Channels } from './pages/channels';
import { Explore } from './pages/explore';
import { Hosts } from './pages/hosts';
import { Overview } from './pages/overview';
import { Reports } from './pages/reports';
import { Rules } from './pages/rules';
import { Targets } from './pages/targets';
import { Tokens } from './pages/tokens';
import { forget, isRemembered } from './session';
import './style.css';
import { Card } from './ui';

const MENU = [['', 'Overview'], ['hosts', 'Hosts'], ['explore', 'Explore'], ['alerts', 'Alerts'], ['rules', 'Rules'], ['reports', 'Reports'], ['channels', 'Channels'], ['targets', 'Targets'], ['tokens', 'Tokens']] as const;

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
      <button className="skip" onClick={() => document.getElementById('main')?.focus()}>Skip to the content</button>
      <nav aria-label="Pages">
        <b>Performance Monitoring</b>
        {MENU.map(([path, name]) => (
          <a key={path} href={`#/${path}`} aria-current={part === path ? 'page' : undefined}>{name}</a>
        ))}
        <button className="quiet" onClick={() => void call('DELETE', '/sessions/current').finally(leave)}>Log out</button>
      </nav>
      <main id="main" tabIndex={-1}>
        {part === '' && <Overview />}
        {part === 'hosts' && <Hosts name={id} />}
        {part === 'explore' && <Explore search={search} />}
        {part === 'alerts' && <Alerts id={id} />}
        {part === 'rules' && <Rules key={id} id={id} />}
        {part === 'reports' && <Reports />}
        {part === 'channels' && <Channels />}
        {part === 'targets' && <Targets />}
        {part === 'tokens' && <Tokens />}
        {!MENU.some(([path]) => path === part) && <Card title="There is no such page" isPage><p className="empty"><a href="#/">Overview</a></p></Card>}
      </main>
    </>
  );
}

createRoot(document.getElementById('root')!).render(<StrictMode><Page /></StrictMode>);

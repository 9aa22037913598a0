// The page: log in, a menu, and the part that the address names.
import { StrictMode, useEffect, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { type Alert, call } from './api';
import { useApi, useKept, useNow } from './hooks';
import { Login } from './login';
import { Scopes, useMay } from './may';
import { Alerts } from './pages/alerts';
import { Channels } from './pages/channels';
import { Explore } from './pages/explore';
import { Hosts } from './pages/hosts';
import { Overview } from './pages/overview';
import { Reports } from './pages/reports';
import { Rules } from './pages/rules';
import { Targets } from './pages/targets';
import { Tokens } from './pages/tokens';
import { useRoute } from './route';
import { Search } from './search';
import { forget, isRemembered, lastKnown, type Who } from './session';
import './style.css';
import './chart.css';
import { useTab } from './tab';
import { span } from './text';
import { Card } from './ui';

const MENU = [['', 'Overview'], ['hosts', 'Hosts'], ['explore', 'Explore'], ['alerts', 'Alerts'], ['rules', 'Rules'], ['reports', 'Reports'], ['channels', 'Channels'], ['targets', 'Targets'], ['tokens', 'Tokens']] as const;
const FOR_ADMINS = ['targets', 'tokens'];

function Page() {
  const [isIn, setIsIn] = useState(isRemembered);
  // Nobody is asked about a session that there cannot be: the answer would stand in the console as an error.
  const session = useKept(useApi<Who>(isIn ? '/sessions/current' : null, 60));
  const isRefused = session.error?.status === 401 || session.error?.status === 403;
  useEffect(() => {
    if (isRefused) forget();
  }, [isRefused]);
  const leave = () => {
    forget();
    setIsIn(false);
  };
  if (!isIn || isRefused) return <Login isOver={isRefused} done={() => { setIsIn(true); session.reload(); }} />;
  const who = session.data ?? lastKnown();
  if (!who) return <p className="empty" data-loading={session.error ? undefined : true}>{session.error?.message ?? 'Loading …'}</p>;
  return <Scopes.Provider value={who.scopes}><Whole name={who.name} leave={leave} lost={session.reload} /></Scopes.Provider>;
}

function Whole({ name, leave, lost }: { name: string; leave: () => void; lost: () => void }) {
  const { path: [part = '', id] } = useRoute();
  const may = useMay();
  const active = useApi<{ alerts: Alert[]; next: string | null }>('/alerts/active', 5);
  const firing = active.data?.alerts.length ?? 0;
  const isAway = active.error?.status === 0;
  const counted = `${firing}${active.data?.next ? '+' : ''}`; // of one page
  useTab(firing ? counted : '', isAway);
  useEffect(() => {
    if (active.error?.status === 401) lost();
  }, [active.error]);
  // On a phone the menu is wider than the screen: where one stands is in sight, also once the number of alerts has moved it.
  const links = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const [all, current] = [links.current, links.current?.querySelector<HTMLElement>('[aria-current]')];
    if (all && current) all.scrollLeft = current.offsetLeft - all.offsetLeft - (all.clientWidth - current.offsetWidth) / 2;
  }, [part, firing > 0]);
  const menu = MENU.filter(([path]) => may('admin') || !FOR_ADMINS.includes(path));
  return (
    <>
      <button className="skip" onClick={() => document.getElementById('main')?.focus()}>Skip to the content</button>
      <nav aria-label="Pages">
        <b>Performance Monitoring</b>
        <div className="links" ref={links}>
          {menu.map(([path, title]) => (
            <a key={path} href={`#/${path}`} aria-current={part === path ? 'page' : undefined}>{title}{path === 'alerts' && firing > 0 && <> <span className="count">{counted}<span className="sr"> firing</span></span></>}</a>
          ))}
        </div>
        <span className="acts">
          <Search pages={menu} />
          <button className="quiet" title={name} onClick={() => void call('DELETE', '/sessions/current').finally(leave)}>Log out</button>
        </span>
      </nav>
      {isAway && <Away since={active.at} />}
      <main id="main" tabIndex={-1} className={isAway ? 'stale' : undefined}>
        {part === '' && <Overview active={active} />}
        {part === 'hosts' && <Hosts key={id} name={id} active={active} />}
        {part === 'explore' && <Explore />}
        {part === 'alerts' && <Alerts key={id} id={id} />}
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

function Away({ since }: { since: number }) {
  const now = useNow(1);
  return <p className="away" role="alert">The service cannot be reached. {since > 0 && <>What you see is {span(now - since)} old. </>}It is asked again every few seconds.</p>;
}

createRoot(document.getElementById('root')!).render(<StrictMode><Page /></StrictMode>);

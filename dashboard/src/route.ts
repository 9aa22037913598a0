// The page's state is its address: which part of the dashboard, of what, and how one looks at it.
import { useEffect, useState } from 'react';

export type Route = { path: string[]; search: URLSearchParams };

function read(): Route {
  const [path = '', search = ''] = location.hash.replace(/^#\/?/, '').split('?');
  return { path: path.split('/').map(decoded), search: new URLSearchParams(search) };
}

// A link that somebody cut off in the middle of a character is no reason to show nothing.
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function useRoute(): Route {
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const changed = () => setRoute(read());
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return route;
}

// Of the address as it is now: two fields may be done before the next picture. What is empty is left out.
export function setQuery(changes: Record<string, string>): void {
  const [path = '', search = ''] = location.hash.split('?');
  const next = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value) next.set(name, value);
    else next.delete(name);
  }
  location.hash = `${path || '#/'}${next.size ? `?${next}` : ''}`;
}

export const link = (...path: string[]): string => `#/${path.map(encodeURIComponent).join('/')}`;

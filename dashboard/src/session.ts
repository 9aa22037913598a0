// Whether this browser has a session, as far as a script may know: its cookie is out of reach, its end and whose it is are not.
const KEY = 'session';
const WHO = 'session-of';

export type Who = { name: string; scopes: string[] };

export const isRemembered = (): boolean => Number(localStorage.getItem(KEY)) > Date.now();

export function remember(expiresAt: string, { name, scopes }: Who): void {
  localStorage.setItem(KEY, String(Date.parse(expiresAt)));
  localStorage.setItem(WHO, JSON.stringify({ name, scopes }));
}

// What is offered until the service has said so itself: the page does not wait for that.
export function lastKnown(): Who | null {
  try {
    const who = JSON.parse(localStorage.getItem(WHO) ?? 'null') as Who | null;
    return Array.isArray(who?.scopes) ? who : null;
  } catch {
    return null;
  }
}

export function forget(): void {
  localStorage.removeItem(KEY);
  localStorage.removeItem(WHO);
}

// Whether this browser has a session, as far as a script may know: its cookie is out of reach, its end is not.
const KEY = 'session';

export const isRemembered = (): boolean => Number(localStorage.getItem(KEY)) > Date.now();

export const remember = (expiresAt: string): void => localStorage.setItem(KEY, String(Date.parse(expiresAt)));

export const forget = (): void => localStorage.removeItem(KEY);

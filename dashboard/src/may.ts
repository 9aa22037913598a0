// What the session may do: what it may not is not offered.
import { createContext, useContext } from 'react';

export type Scope = 'read' | 'respond' | 'manage' | 'admin';
const ORDER: Scope[] = ['read', 'respond', 'manage', 'admin']; // each includes those before it

export const Scopes = createContext<string[]>(['admin']);

export function useMay(): (scope: Scope) => boolean {
  const granted = useContext(Scopes);
  return (scope) => granted.some((each) => ORDER.indexOf(each as Scope) >= ORDER.indexOf(scope));
}

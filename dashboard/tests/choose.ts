// A person's choice in a list: the testing library takes it for typing once Preact stands in React's place.
import { act } from '@testing-library/preact';

export function choose(list: HTMLElement, value: string): void {
  (list as HTMLSelectElement).value = value;
  act(() => void list.dispatchEvent(new Event('change', { bubbles: true })));
}

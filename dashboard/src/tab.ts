// The tab tells how it goes while one looks elsewhere: the number of alerts in its title, the state as its icon's colour.
import { useEffect } from 'react';

const COLOURS = { quiet: '#1a7f4b', firing: '#c02b2b', away: '#7c8794' };
const NAME = 'Performance Monitoring';

export function useTab(firing: string, isAway: boolean): void {
  useEffect(() => {
    document.title = isAway ? `? ${NAME}` : firing ? `(${firing}) ${NAME}` : NAME;
    const colour = COLOURS[isAway ? 'away' : firing ? 'firing' : 'quiet'];
    const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="${colour}"/></svg>`;
    document.querySelector<HTMLLinkElement>('link[rel=icon]')?.setAttribute('href', `data:image/svg+xml,${encodeURIComponent(picture)}`);
  }, [firing, isAway]);
}

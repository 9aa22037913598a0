// How the page's script travels packed. A script's own request says `Accept: */*`, for which API Gateway would hand base64 on in place of
// packed bytes; a fetch names a binary type, and the browser's cache then has the script under its name.
import type { Plugin } from 'vite';

const SOURCE = `const main = new URL(document.currentScript.dataset.main, document.baseURI).href;
const go = () => import(main).catch(() => {
  document.getElementById('root').textContent = 'The page could not be loaded: its script did not come. Load it again.';
});
fetch(main, { headers: { Accept: 'application/octet-stream' } }).then((answer) => answer.arrayBuffer()).then(go, go);
`;

export function boot(): Plugin {
  return {
    name: 'boot',
    apply: 'build',
    buildStart() {
      this.emitFile({ type: 'asset', name: 'boot.js', source: SOURCE });
    },
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle }) {
        const name = Object.keys(bundle ?? {}).find((file) => /boot-[^/]*\.js$/.test(file));
        const found = html.replace(/<script type="module" crossorigin src="([^"]+)"><\/script>/, `<script defer src="dashboard/${name}" data-main="$1"></script>`);
        if (!name || found === html) throw new Error('the page has no script to load, or what loads it is missing');
        return found;
      },
    },
  };
}

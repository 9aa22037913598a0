import { defineConfig } from 'vite';
import { boot } from './boot';

// Built into the package that Lambda gets; names carry a hash, so that they may be kept for ever.
export default defineConfig({
  base: './',
  plugins: [boot()],
  // React's interface, a tenth of its size: nothing in front of the page compresses it on AWS.
  resolve: { alias: { 'react/jsx-runtime': 'preact/jsx-runtime', 'react-dom/client': 'preact/compat/client', 'react-dom': 'preact/compat', react: 'preact/compat' } },
  esbuild: { jsx: 'automatic' },
  build: { outDir: '../chalicelib/dashboard', emptyOutDir: true, assetsDir: 'assets', target: 'es2022' },
  // The page stands at …/dashboard, without a slash behind it.
  experimental: { renderBuiltUrl: (file, { hostType }) => (hostType === 'html' ? `dashboard/${file}` : { relative: true }) },
  server: { proxy: { '/api': 'http://127.0.0.1:8000' } },
});

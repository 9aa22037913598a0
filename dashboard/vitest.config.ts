import { defineConfig, mergeConfig } from 'vitest/config';
import vite from './vite.config';

// The components as they are built: with Preact in React's place, in a window of paper.
export default mergeConfig(vite, defineConfig({ test: { environment: 'happy-dom', pool: 'threads', maxWorkers: 1, include: ['tests/**/*.test.tsx'], env: { TZ: 'UTC' }, clearMocks: true } }));

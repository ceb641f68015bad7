import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { notices } from './dev/notices.mjs';
import { simulated } from './dev/plugin.mjs';

// What is built is committed and compared: nothing here may depend on the time, the machine or the folder.
export default defineConfig({
  base: '/admin/',
  plugins: [svelte(), simulated(), notices()],
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // One small sheet rather than thirty tiny ones.
    cssCodeSplit: false,
    reportCompressedSize: false,
    rollupOptions: {
      output: {
        entryFileNames: 'assets/app-[hash].js',
        chunkFileNames: 'assets/c-[hash].js',
        assetFileNames: 'assets/[hash][extname]',
        hashCharacters: 'hex',
        experimentalMinChunkSize: 8192,
      },
    },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});

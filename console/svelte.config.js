import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

export default {
  preprocess: vitePreprocess(),
  compilerOptions: {
    // By the style alone: by the file's path, a build in another folder would differ.
    cssHash: ({ hash, css }) => `s${hash(css)}`,
  },
};

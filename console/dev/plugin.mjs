// `npm run dev`: the page by Vite, its API by the simulated server in this folder, or by a gateway:
//   MOONGATE=http://127.0.0.1:8889 npm run dev
import { simulatedApi } from './server.mjs';

/** @returns {import('vite').Plugin} */
export function simulated() {
  const gateway = process.env.MOONGATE;
  return {
    name: 'moongate-simulated-api',
    apply: 'serve',
    config: () => (gateway ? { server: { proxy: { '/api': gateway, '/health': gateway, '/ws': { target: gateway.replace(/^http/, 'ws'), ws: true } } } } : {}),
    configureServer(server) {
      if (gateway) return;
      const api = simulatedApi();
      server.middlewares.use((request, response, next) => (api.takes(request) ? api.answer(request, response) : next()));
    },
  };
}

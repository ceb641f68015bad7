// The built console as the gateway serves it, strict CSP included, over the simulated API:
//   node dev/serve.mjs [port] [how many users and clients]
import { randomBytes } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { simulatedApi } from './server.mjs';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const api = simulatedApi({ many: Number(process.argv[3] ?? 40) });
const kTypes = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.html': 'text/html; charset=utf-8', '.txt': 'text/plain; charset=utf-8' };

const server = createServer((request, response) => {
  if (api.takes(request)) return api.answer(request, response);
  const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
  if (!path.startsWith('/admin')) return response.writeHead(302, { Location: '/admin/' }).end();
  const file = join(dist, path.slice('/admin'.length));
  if (extname(path) && existsSync(file) && statSync(file).isFile()) {
    response.writeHead(200, { 'Content-Type': kTypes[extname(path)] ?? 'application/octet-stream' });
    return createReadStream(file).pipe(response);
  }
  if (extname(path)) return response.writeHead(404).end();
  const nonce = randomBytes(16).toString('base64');
  response.writeHead(200, {
    'Content-Type': kTypes['.html'],
    'Content-Security-Policy': `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  });
  response.end(readFileSync(join(dist, 'index.html'), 'utf8').replaceAll('__CSP_NONCE__', nonce));
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/admin/`));

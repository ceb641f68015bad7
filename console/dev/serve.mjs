// The built console as the gateway serves it, strict CSP included, over the simulated API, or over a gateway's:
//   node dev/serve.mjs [port] [how many users and clients]
//   MOONGATE=http://127.0.0.1:8889 node dev/serve.mjs [port]
import { randomBytes } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, request as ask } from 'node:http';
import { connect } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { simulatedApi } from './server.mjs';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const gateway = process.env.MOONGATE ? new URL(process.env.MOONGATE) : null;
const api = gateway ? passedOn(gateway) : simulatedApi({ many: Number(process.argv[3] ?? 40) });

// Host and Origin stay as the browser sent them: to the gateway it is one and the same site.
function passedOn(to) {
  return {
    takes: (request) => /^\/(api|health)\b/.test(request.url),
    answer(request, response) {
      const asked = ask({ host: to.hostname, port: to.port, method: request.method, path: request.url, headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      });
      asked.on('error', () => response.destroy());
      request.pipe(asked);
    },
  };
}
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
  // While it is being built anew, there is none.
  if (!existsSync(join(dist, 'index.html'))) return response.writeHead(503).end('Run npm run build.');
  const nonce = randomBytes(16).toString('base64');
  response.writeHead(200, {
    'Content-Type': kTypes['.html'],
    'Content-Security-Policy': `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  });
  response.end(readFileSync(join(dist, 'index.html'), 'utf8').replaceAll('__CSP_NONCE__', nonce));
});
if (gateway) {
  server.on('upgrade', (request, socket) => {
    const peer = connect(Number(gateway.port), gateway.hostname, () => {
      const headers = request.rawHeaders.reduce((text, part, at) => text + part + (at % 2 ? '\r\n' : ': '), '');
      peer.write(`${request.method} ${request.url} HTTP/1.1\r\n${headers}\r\n`);
      socket.pipe(peer).pipe(socket);
    });
    peer.on('error', () => socket.destroy());
    socket.on('error', () => peer.destroy());
  });
}
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/admin/`));

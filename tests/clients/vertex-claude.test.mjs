// @anthropic-ai/vertex-sdk with a key file that the gateway issued, through both ports.
import assert from 'node:assert/strict';
import { describe } from 'node:test';

import AnthropicVertex from '@anthropic-ai/vertex-sdk';
import { GoogleAuth } from 'google-auth-library';

import { echoed, faces, failure, keyFile, madeUpText, test, token } from './surroundings.mjs';

const model = 'claude-sonnet-4-5@20250929';
const scopes = 'https://www.googleapis.com/auth/cloud-platform';
const ask = (text, more = {}) => ({ model, max_tokens: 1000, messages: [{ role: 'user', content: text }], ...more });

for (const { name, url } of faces) {
  describe(`vertex-sdk over ${name}`, () => {
    const client = new AnthropicVertex({
      baseURL: `${url}/v1`, region: 'us-east5', projectId: 'whatever', maxRetries: 0,
      googleAuth: new GoogleAuth({ keyFile, scopes }),
    });

    test('a plain answer, with a literal @ in the path and another project upstream', async () => {
      const message = await client.messages.create(ask('[[sim: echo=headers]]'));
      const request = echoed(message.content[0].text);
      assert.match(request.target, /^\/v1\/projects\/[^/]+\/locations\/us-east5\/publishers\/anthropic\/models\/claude-sonnet-4-5@20250929:rawPredict$/);
      assert.ok(!request.target.includes('whatever'));
      assert.match(request.header('authorization'), /^present:/);
    });

    test('a stream', async () => {
      const message = await client.messages.stream(ask('[[sim: events=30]]')).finalMessage();
      assert.equal(message.content[0].text, madeUpText(30));
      assert.equal(message.usage.output_tokens, 30);
    });

    test('count_tokens', async () => {
      const count = await client.messages.countTokens({ model, messages: [{ role: 'user', content: 'a b c' }] });
      assert.equal(count.input_tokens, 3);
    });

    test('a base URL with a trailing slash', async () => {
      const other = new AnthropicVertex({
        baseURL: `${url}/v1/`, region: 'global', projectId: 'p', maxRetries: 0, googleAuth: new GoogleAuth({ keyFile, scopes }) });
      assert.equal((await other.messages.create(ask('x'))).type, 'message');
    });

    test('errors arrive as the SDK’s own classes', async () => {
      for (const [status, kind] of [[400, 'BadRequestError'], [429, 'RateLimitError'], [529, 'InternalServerError']]) {
        const error = await failure(client.messages.create(ask(`[[sim: status=${status}]]`)));
        assert.ok(error instanceof AnthropicVertex[kind] || error.constructor.name === kind, error.constructor.name);
        assert.equal(error.status, status);
      }
    });

    test('a stream that breaks is an error', async () => {
      const error = await failure((async () => {
        for await (const event of await client.messages.create(ask('[[sim: events=10 truncate=clean]]', { stream: true }))) assert.ok(event);
      })());
      assert.ok(error instanceof Error);
    });

    test('an access token that is none is an AuthenticationError', async () => {
      const other = new AnthropicVertex({ baseURL: `${url}/v1`, region: 'global', projectId: 'p', maxRetries: 0,
        accessToken: 'wrong', authClient: { getRequestHeaders: async () => new Headers({ authorization: 'Bearer wrong' }), projectId: 'p' } });
      const error = await failure(other.messages.create(ask('x')));
      assert.equal(error.status, 401);
    });

    test('a static token as the Bearer', async () => {
      const other = new AnthropicVertex({ baseURL: `${url}/v1`, region: 'global', projectId: 'p', maxRetries: 0,
        authClient: { getRequestHeaders: async () => new Headers({ authorization: `Bearer ${token}` }), projectId: 'p' } });
      assert.equal((await other.messages.create(ask('x'))).type, 'message');
    });
  });
}

// @anthropic-ai/sdk, both major versions, unmodified, through both ports.
import assert from 'node:assert/strict';
import { describe } from 'node:test';

import Anthropic1 from '@anthropic-ai/sdk';
import Anthropic0 from 'anthropic-sdk-0';

import { waitUntil } from './deadline.mjs';
import { attempts, echoed, faces, failure, largeImage, madeUpText, mark, seen, slower, test, token, weatherTool, words } from './surroundings.mjs';

const model = 'claude-sonnet-4-5';
const versions = [
  { name: 'sdk 1.x', Anthropic: Anthropic1 },
  { name: 'sdk 0.x', Anthropic: Anthropic0 },
];
const ask = (text, more = {}) => ({ model, max_tokens: 1000, messages: [{ role: 'user', content: text }], ...more });

for (const { name, url } of faces) {
  for (const { name: version, Anthropic } of versions) {
    describe(`${version} over ${name}`, () => {
      const client = new Anthropic({ apiKey: token, baseURL: url, maxRetries: 0 });

      test('a plain answer with usage', async () => {
        const message = await client.messages.create(ask('one two three'));
        assert.equal(message.content[0].text, 'Hello from the simulator. You said: one two three');
        assert.equal(message.usage.input_tokens, 3);
        assert.equal(message.usage.output_tokens, words(message.content[0].text));
        assert.equal(message.stop_reason, 'end_turn');
      });

      test('a stream with every delta in order and usage', async () => {
        const texts = [];
        const usage = {};
        for await (const event of await client.messages.create(ask('[[sim: events=50]]', { stream: true }))) {
          if (event.type === 'message_start') Object.assign(usage, event.message.usage);
          if (event.type === 'content_block_delta') texts.push(event.delta.text);
          if (event.type === 'message_delta') Object.assign(usage, event.usage);
        }
        assert.equal(texts.length, 50);
        assert.equal(texts.join(''), madeUpText(50));
        assert.equal(usage.output_tokens, 50);
      });

      test('the stream helper puts the message together', async () => {
        const deltas = [];
        const stream = client.messages.stream(ask('hello')).on('text', (text) => deltas.push(text));
        const message = await stream.finalMessage();
        assert.equal(deltas.join(''), message.content[0].text);
        assert.equal(message.content[0].text, 'Hello from the simulator. You said: hello');
        assert.equal(message.usage.output_tokens, words(message.content[0].text));
      });

      test('many alphabets, split anywhere', async () => {
        const message = await client.messages.stream(ask('[[sim: utf8=1 split=3]] ok')).finalMessage();
        assert.match(message.content[0].text, /Grüße aus Zürich, 世界 говорит привет und 🚀 fliegt\./);
      });

      test('a tool call, plain and streamed, and its result', async () => {
        const tools = [{ name: weatherTool.name, description: weatherTool.description, input_schema: weatherTool.parameters }];
        for (const streamed of [false, true]) {
          const body = ask('[[sim: tool=1]] weather?', { tools });
          const message = streamed ? await client.messages.stream(body).finalMessage() : await client.messages.create(body);
          assert.equal(message.stop_reason, 'tool_use');
          const call = message.content.find((block) => block.type === 'tool_use');
          assert.equal(call.name, 'get_weather');
          assert.equal(typeof call.input.city, 'string');
          const after = await client.messages.create({
            model, max_tokens: 100, tools,
            messages: [...body.messages, { role: 'assistant', content: message.content },
              { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'sunny' }] }],
          });
          assert.equal(after.stop_reason, 'end_turn');
        }
      });

      test('thinking and cache usage', async () => {
        const message = await client.messages.stream(ask('[[sim: thinking=1 cache-read=70 cache-write=30]]')).finalMessage();
        assert.equal(message.content[0].type, 'thinking');
        assert.ok(message.content[0].thinking.length > 0);
        assert.equal(message.usage.cache_read_input_tokens, 70);
        assert.equal(message.usage.cache_creation_input_tokens, 30);
      });

      test('an image of 5 MB', async () => {
        const marked = mark();
        const message = await client.messages.create(ask([
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: largeImage } },
          { type: 'text', text: 'what is this' }]), { headers: marked.headers });
        assert.match(message.content[0].text, /You said: what is this$/);
        const [entry] = await seen(marked);
        assert.ok(entry.body_length > 5_000_000);
        assert.ok(entry.body_complete);
      });

      test('20 streams at once', async () => {
        const texts = await Promise.all(Array.from({ length: 20 }, async (_, number) => {
          let text = '';
          for await (const event of await client.messages.create(ask(`[[sim: pace-ms=2]] caller ${number}`, { stream: true }))) {
            if (event.type === 'content_block_delta') text += event.delta.text;
          }
          return text;
        }));
        assert.deepEqual(texts, texts.map((_, number) => `Hello from the simulator. You said: caller ${number}`));
      });

      test('an abort in the middle reaches the upstream within 100 ms', async () => {
        let fastest = Infinity;
        for (let attempt = 0; attempt < 3 && fastest > 100 * slower; attempt += 1) {
          const marked = mark();
          const stream = await client.messages.create(ask('[[sim: events=10000 pace-ms=10]]', { stream: true }), { headers: marked.headers });
          let count = 0;
          let left = 0;
          for await (const event of stream) {
            if (event.type === 'content_block_delta') count += 1;
            if (count === 5) {
              left = performance.now();
              stream.controller.abort();
              break;
            }
          }
          const entry = await waitUntil(async () => (await seen(marked)).find((each) => each.finished), 'the simulator sees it');
          fastest = Math.min(fastest, performance.now() - left);
          assert.notEqual(entry.client_left_after_ms, null);
          assert.equal(entry.completed, false);
        }
        assert.ok(fastest <= 100 * slower, `noticed after ${fastest} ms`);
      });

      for (const [what, fault] of [['reset', 'reset=mid-stream'], ['cut within a chunk', 'cut=mid-chunk'],
        ['clean end without the final event', 'truncate=clean'], ['error event', 'error-event=1']]) {
        test(`a break in the middle (${what}) is an error and never a success`, async () => {
          const texts = [];
          const error = await failure((async () => {
            for await (const event of await client.messages.create(ask(`[[sim: events=10 ${fault} after=3]]`, { stream: true }))) {
              if (event.type === 'content_block_delta') texts.push(event.delta.text);
            }
          })());
          assert.ok(error instanceof Error, String(error));
          if (what !== 'clean end without the final event') assert.equal(texts.join(''), madeUpText(3));
          const helper = await failure(client.messages.stream(ask(`[[sim: events=10 ${fault} after=3]]`)).finalMessage());
          assert.ok(helper instanceof Error);
        });
      }

      test('a wrong key is an AuthenticationError', async () => {
        const error = await failure(new Anthropic({ apiKey: 'wrong', baseURL: url, maxRetries: 0 }).messages.create(ask('x')));
        assert.ok(error instanceof Anthropic.AuthenticationError, String(error));
        assert.equal(error.status, 401);
        assert.equal(error.error.error.type, 'authentication_error');
      });

      for (const [status, type, kind] of [[400, 'invalid_request_error', 'BadRequestError'], [403, 'permission_error', 'PermissionDeniedError'],
        [404, 'not_found_error', 'NotFoundError'], [429, 'rate_limit_error', 'RateLimitError'],
        [500, 'api_error', 'InternalServerError'], [529, 'overloaded_error', 'InternalServerError']]) {
        test(`the upstream's ${status} is the SDK's own ${kind}, streamed or not`, async () => {
          for (const stream of [false, true]) {
            const error = await failure(client.messages.create(ask(`[[sim: status=${status} error=${type}]]`, { stream })));
            assert.ok(error instanceof Anthropic[kind], `${error.constructor.name}: ${error.message}`);
            assert.equal(error.status, status);
            assert.equal(error.error.error.type, type);
          }
        });
      }

      test('retry-after arrives and is honoured', async () => {
        const marked = mark();
        const patient = new Anthropic({ apiKey: token, baseURL: url, maxRetries: 1 });
        const begun = performance.now();
        const error = await failure(patient.messages.create(ask('[[sim: status=429 retry-after=1]]'), { headers: marked.headers }));
        assert.ok(performance.now() - begun >= 950);
        assert.equal(error.headers.get('retry-after'), '1');
        assert.deepEqual(await attempts(marked), ['0', '1']);
      });

      test('x-should-retry: false is obeyed', async () => {
        const marked = mark();
        const patient = new Anthropic({ apiKey: token, baseURL: url, maxRetries: 2 });
        await failure(patient.messages.create(ask('[[sim: status=529 should-retry=false]]'), { headers: marked.headers }));
        assert.deepEqual(await attempts(marked), ['0']);
      });

      test('count_tokens', async () => {
        const count = await client.messages.countTokens({ model, messages: [{ role: 'user', content: 'a b c d' }] });
        assert.equal(count.input_tokens, 4);
      });

      test('the list of models, and one of them', async () => {
        const ids = [];
        for await (const each of client.models.list()) ids.push(each.id);
        assert.ok(ids.length > 0);
        assert.equal((await client.models.retrieve(ids[0])).id, ids[0]);
      });

      test('beta calls keep their query and headers', async () => {
        const message = await client.beta.messages.create({ ...ask('[[sim: echo=headers]]'), betas: ['context-1m-2025-08-07', 'other-2025-01-01'] });
        const request = echoed(message.content[0].text);
        if (version === 'sdk 0.x') assert.equal(request.target, '/v1/messages?beta=true');
        assert.equal(request.header('anthropic-beta').replaceAll(' ', ''), 'context-1m-2025-08-07,other-2025-01-01');
      });

      test('a base URL with a trailing slash, and with a prefix', async () => {
        for (const base of [`${url}/`, `${url}//`, `${url}/api/anthropic`, `${url}/claude/`]) {
          const other = new Anthropic({ apiKey: token, baseURL: base, maxRetries: 0 });
          const message = await other.messages.create(ask('[[sim: echo=headers]]'));
          assert.equal(echoed(message.content[0].text).target.split('?')[0], '/v1/messages', base);
        }
      });

      test('authToken instead of apiKey', async () => {
        const other = new Anthropic({ apiKey: null, authToken: token, baseURL: url, maxRetries: 0 });
        assert.equal((await other.messages.create(ask('x'))).type, 'message');
      });

      test('the upstream sees neither the caller’s key nor where the caller is', async () => {
        const message = await client.messages.create(ask('[[sim: echo=headers]]'), {
          headers: { 'x-forwarded-for': '203.0.113.7', cookie: 'a=b', 'x-kept': 'yes' } });
        const request = echoed(message.content[0].text);
        for (const name of ['x-forwarded-for', 'cookie', 'via', 'forwarded', 'x-real-ip']) assert.equal(request.header(name), '', name);
        assert.equal(request.header('x-kept'), 'yes');
        assert.ok(!message.content[0].text.includes(token));
        assert.match(request.header('user-agent'), /^Anthropic\/JS/);
      });

      test('compressed answers', async () => {
        for (const coding of ['gzip', 'br']) {
          const message = await client.messages.create(ask(`[[sim: ${coding}=1]] zipped`), { headers: { 'accept-encoding': 'gzip, br' } });
          assert.match(message.content[0].text, /zipped$/);
        }
      });
    });
  }
}

// @google/genai, two major versions, unmodified: Gemini, Vertex and express mode, through both ports.
import assert from 'node:assert/strict';
import { describe } from 'node:test';

import * as genai3 from '@google/genai';
import * as genai2 from 'genai-2';

import { waitUntil } from './deadline.mjs';
import { echoed, faces, failure, keyFile, largeImage, madeUpText, mark, seen, slower, test, token, weatherTool, words } from './surroundings.mjs';

const model = 'gemini-2.5-pro';
const versions = [
  { name: 'genai 3.x', genai: genai3 },
  { name: 'genai 2.x', genai: genai2 },
];
const modes = [
  { mode: 'Gemini', options: { apiKey: token }, path: /^\/v1(?:beta)?\/models\/gemini-2\.5-pro:generateContent/ },
  { mode: 'Vertex',
    options: { vertexai: true, project: 'whatever', location: 'us-central1', googleAuthOptions: { keyFile } },
    path: /^\/v1beta1\/projects\/(?!whatever)[^/]+\/locations\/us-central1\/publishers\/google\/models\/gemini-2\.5-pro:generateContent/ },
  { mode: 'express', options: { vertexai: true, apiKey: token },
    path: /^\/v1beta1\/projects\/[^/]+\/locations\/[^/]+\/publishers\/google\/models\/gemini-2\.5-pro:generateContent/ },
];

for (const { name, url } of faces) {
  for (const { name: version, genai } of versions) {
    for (const { mode, options, path } of modes) {
      describe(`${version}, ${mode}, over ${name}`, () => {
        const connect = (headers = {}) => new genai.GoogleGenAI({ ...options, httpOptions: { baseUrl: url, headers } });
        const client = connect();
        const ask = (text, config = {}) => client.models.generateContent({ model, contents: text, config });
        const stream = (text, config = {}) => client.models.generateContentStream({ model, contents: text, config });

        test('a plain answer with usage', async () => {
          const answer = await ask('one two three');
          assert.equal(answer.text, 'Hello from the simulator. You said: one two three');
          assert.equal(answer.usageMetadata.promptTokenCount, 3);
          assert.equal(answer.usageMetadata.candidatesTokenCount, words(answer.text));
        });

        test('what the upstream gets', async () => {
          const request = echoed((await ask('[[sim: echo=headers]]')).text);
          assert.match(request.target, path);
          assert.ok(!JSON.stringify(request).includes(token));
          assert.match(request.header('x-goog-api-client'), /google-genai-sdk/);
        });

        test('a stream with every piece in order and usage', async () => {
          let text = '';
          let usage;
          for await (const chunk of await stream('[[sim: events=50]]')) {
            text += chunk.text ?? '';
            usage = chunk.usageMetadata ?? usage;
          }
          assert.equal(text, madeUpText(50));
          assert.equal(usage.candidatesTokenCount, 50);
        });

        test('many alphabets, split anywhere', async () => {
          let text = '';
          for await (const chunk of await stream('[[sim: utf8=1 split=3]] ok')) text += chunk.text ?? '';
          assert.match(text, /Grüße aus Zürich, 世界 говорит привет und 🚀 fliegt\./);
        });

        test('a tool call', async () => {
          const tools = [{ functionDeclarations: [{ name: weatherTool.name, description: weatherTool.description, parametersJsonSchema: weatherTool.parameters }] }];
          const answer = await ask('[[sim: tool=1]] weather?', { tools });
          assert.equal(answer.functionCalls[0].name, 'get_weather');
        });

        test('thoughts and cached tokens', async () => {
          const answer = await ask('[[sim: thinking=1 thoughts=12 cache-read=7]]');
          assert.equal(answer.usageMetadata.thoughtsTokenCount, 12);
          assert.equal(answer.usageMetadata.cachedContentTokenCount, 7);
        });

        test('an image of 5 MB', async () => {
          const marked = mark();
          const answer = await connect(marked.headers).models.generateContent({ model, contents: [{ role: 'user', parts: [
            { inlineData: { mimeType: 'image/png', data: largeImage } }, { text: 'what is this' }] }] });
          assert.match(answer.text, /what is this$/);
          assert.ok((await seen(marked))[0].body_length > 5_000_000);
        });

        test('20 streams at once', async () => {
          const texts = await Promise.all(Array.from({ length: 20 }, async (_, number) => {
            let text = '';
            for await (const chunk of await stream(`[[sim: pace-ms=2]] caller ${number}`)) text += chunk.text ?? '';
            return text;
          }));
          assert.deepEqual(texts, texts.map((_, number) => `Hello from the simulator. You said: caller ${number}`));
        });

        test('an abort in the middle reaches the upstream within 100 ms', async () => {
          let fastest = Infinity;
          for (let attempt = 0; attempt < 3 && fastest > 100 * slower; attempt += 1) {
            const marked = mark();
            const abort = new AbortController();
            let left = 0;
            let count = 0;
            await failure((async () => {
              for await (const chunk of await connect(marked.headers).models.generateContentStream({
                model, contents: '[[sim: events=10000 pace-ms=10]]', config: { abortSignal: abort.signal } })) {
                assert.ok(chunk);
                count += 1;
                if (count === 5) {
                  left = performance.now();
                  abort.abort();
                }
              }
            })());
            const entry = await waitUntil(async () => (await seen(marked)).find((each) => each.finished), 'the simulator sees it');
            fastest = Math.min(fastest, performance.now() - left);
            assert.notEqual(entry.client_left_after_ms, null);
          }
          assert.ok(fastest <= 100 * slower, `noticed after ${fastest} ms`);
        });

        for (const fault of ['reset=mid-stream', 'cut=mid-chunk', 'truncate=clean', 'error-event=1']) {
          test(`a break in the middle (${fault}) is an error and never a success`, async () => {
            const error = await failure((async () => {
              for await (const chunk of await stream(`[[sim: events=10 ${fault} after=3]]`)) assert.ok(chunk);
            })());
            assert.ok(error instanceof Error, String(error));
          });
        }

        for (const status of [400, 403, 404, 429, 500, 503]) {
          test(`the upstream's ${status} is an ApiError of that status, streamed or not`, async () => {
            for (const call of [ask, stream]) {
              const error = await failure(call(`[[sim: status=${status}]]`));
              assert.ok(error instanceof genai.ApiError, `${error.constructor.name}: ${error.message}`);
              assert.equal(error.status, status);
              assert.equal(JSON.parse(error.message).error.code, status);
            }
          });
        }

        test('countTokens', async () => {
          assert.equal((await client.models.countTokens({ model, contents: 'a b c d' })).totalTokens, 4);
        });

        test('embedContent', async () => {
          const answer = await client.models.embedContent({ model: 'gemini-embedding-001', contents: 'hello' });
          assert.ok(answer.embeddings[0].values.length > 0);
        });

        test('a base URL with a trailing slash', async () => {
          const other = new genai.GoogleGenAI({ ...options, httpOptions: { baseUrl: `${url}/` } });
          assert.match((await other.models.generateContent({ model, contents: 'x' })).text, /You said: x$/);
        });

        if (mode !== 'Vertex') {
          test('a wrong key', async () => {
            const other = new genai.GoogleGenAI({ ...options, apiKey: 'wrong', httpOptions: { baseUrl: url } });
            const error = await failure(other.models.generateContent({ model, contents: 'x' }));
            assert.ok(error instanceof genai.ApiError, String(error));
            assert.ok([400, 401].includes(error.status), String(error.status));
          });
        }

        if (mode === 'Gemini') {
          test('the list of models', async () => {
            const names = [];
            for await (const each of await client.models.list()) names.push(each.name);
            assert.ok(names.length > 0);
          });
        }
      });
    }
  }
}

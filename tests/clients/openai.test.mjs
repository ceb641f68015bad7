// OpenAI's own SDK, unmodified, answered by Claude and by Gemini, through both ports.
import assert from 'node:assert/strict';
import { describe } from 'node:test';

import OpenAI from 'openai';

import { waitUntil } from './deadline.mjs';
import { attempts, faces, failure, largeImage, madeUpText, mark, seen, test, token, weatherTool, words } from './surroundings.mjs';

const models = ['claude-sonnet-4-5', 'gemini-2.5-pro'];
const said = 'Hello from the simulator. You said: ';
const png = `data:image/png;base64,${Buffer.from('not really').toString('base64')}`;
const chatTools = [{ type: 'function', function: weatherTool }];
const tools = [{ type: 'function', strict: false, ...weatherTool }];
const person = { type: 'object', properties: { name: { type: 'string' }, age: { type: 'integer' } }, required: ['name', 'age'], additionalProperties: false };
const checkPerson = (text) => assert.deepEqual(Object.keys(JSON.parse(text)).sort(), ['age', 'name']);

for (const { name, url } of faces) {
  const client = new OpenAI({ apiKey: token, baseURL: `${url}/v1`, maxRetries: 0 });

  for (const model of models) {
    const ask = (content, more = {}) => ({ model, messages: [{ role: 'user', content }], ...more });
    // The simulator's Claude quotes the result of a tool, its Gemini only takes it.
    const quoted = model.startsWith('claude') ? /sunny/ : /^Hello from the simulator/;
    const chat = (content, more, options) => client.chat.completions.create(ask(content, more), options);

    describe(`openai SDK, chat with ${model} over ${name}`, () => {
      test('a plain answer with usage', async () => {
        const answer = await chat('one two three', { max_tokens: 100, temperature: 0.5, user: 'ann' });
        assert.equal(answer.object, 'chat.completion');
        assert.match(answer.id, /^chatcmpl-/);
        assert.equal(answer.model, model);
        assert.equal(answer.choices[0].message.content, `${said}one two three`);
        assert.equal(answer.choices[0].finish_reason, 'stop');
        assert.equal(answer.usage.prompt_tokens, 3);
        assert.equal(answer.usage.completion_tokens, words(answer.choices[0].message.content));
        assert.ok(answer._request_id);
      });

      test('a long plain answer, its head untouched by what follows', async () => {
        const { data, response } = await chat('[[sim: events=20000]]').withResponse();
        assert.equal(data.choices[0].message.content, madeUpText(20000));
        assert.equal(response.headers.get('content-type'), 'application/json');
        assert.ok(response.headers.get('date'));
      });

      test('a stream with every piece in order, and usage at its end', async () => {
        const texts = [];
        let usage;
        for await (const chunk of await chat('[[sim: events=50]]', { stream: true, stream_options: { include_usage: true } })) {
          if (chunk.choices[0]?.delta.content) texts.push(chunk.choices[0].delta.content);
          usage = chunk.usage ?? usage;
        }
        assert.equal(texts.length, 50);
        assert.equal(texts.join(''), madeUpText(50));
        assert.equal(usage.completion_tokens, 50);
      });

      test('the stream helper puts the completion together', async () => {
        const stream = client.chat.completions.stream(ask('[[sim: utf8=1 split=3]] ok'));
        const answer = await stream.finalChatCompletion();
        assert.match(answer.choices[0].message.content, /Grüße aus Zürich, 世界 говорит привет und 🚀 fliegt\./);
        assert.equal(answer.choices[0].finish_reason, 'stop');
      });

      test('a cut answer says length', async () => {
        assert.equal((await chat('a b c', { max_completion_tokens: 3 })).choices[0].finish_reason, 'length');
      });

      test('a tool call, plain and streamed, and its result', async () => {
        for (const streamed of [false, true]) {
          const body = ask('[[sim: tool=1]] weather?', { tools: chatTools, tool_choice: 'auto' });
          const answer = streamed ? await client.chat.completions.stream(body).finalChatCompletion() : await client.chat.completions.create(body);
          assert.equal(answer.choices[0].finish_reason, 'tool_calls');
          const { message } = answer.choices[0];
          assert.equal(message.content, null);
          const [call] = message.tool_calls;
          assert.equal(call.function.name, 'get_weather');
          assert.equal(typeof JSON.parse(call.function.arguments).city, 'string');
          const after = await client.chat.completions.create({ model, tools: chatTools,
            messages: [...body.messages, message, { role: 'tool', tool_call_id: call.id, content: 'sunny' }] });
          assert.match(after.choices[0].message.content, quoted);
        }
      });

      test('the helper that runs tools runs them', async () => {
        const asked = [];
        const runner = client.chat.completions.runTools({ model, messages: [{ role: 'user', content: '[[sim: tool=1]] weather?' }],
          tools: [{ type: 'function', function: { ...weatherTool, parse: JSON.parse, function: (given) => { asked.push(given); return 'sunny'; } } }] });
        assert.match(await runner.finalContent(), quoted);
        assert.equal(asked.length, 1);
      });

      test('structured output', async () => {
        const response_format = { type: 'json_schema', json_schema: { name: 'person', strict: true, schema: person } };
        checkPerson((await chat('who?', { response_format })).choices[0].message.content);
        checkPerson((await client.chat.completions.stream(ask('who?', { response_format })).finalChatCompletion()).choices[0].message.content);
      });

      test('an image, and one of 5 MB', async () => {
        const look = (link) => [{ type: 'text', text: 'what is this' }, { type: 'image_url', image_url: { url: link } }];
        assert.equal((await chat(look(png))).usage.prompt_tokens, 3 + 258);
        const marked = mark();
        await chat(look(`data:image/png;base64,${largeImage}`), {}, { headers: marked.headers });
        const [entry] = await seen(marked);
        assert.ok(entry.body_length > 5_000_000);
      });

      test('thoughts are told apart, and tokens of cache and thinking counted', async () => {
        const answer = await chat('[[sim: thinking=1 thoughts=12 cache-read=70]] hm');
        assert.ok(answer.choices[0].message.reasoning_content.length > 0);
        assert.equal(answer.usage.prompt_tokens_details.cached_tokens, 70);
        assert.equal(answer.usage.completion_tokens_details.reasoning_tokens, 12);
      });

      test('an abort in the middle reaches the upstream', async () => {
        const marked = mark();
        const stream = await chat('[[sim: events=10000 pace-ms=10]]', { stream: true }, { headers: marked.headers });
        let count = 0;
        for await (const chunk of stream) {
          if (chunk.choices[0]?.delta.content) count += 1;
          if (count === 5) stream.controller.abort();
        }
        const entry = await waitUntil(async () => (await seen(marked)).find((each) => each.finished), 'the simulator sees it');
        assert.notEqual(entry.client_left_after_ms, null);
        assert.equal(entry.completed, false);
      });

      for (const [what, fault] of [['reset', 'reset=mid-stream'], ['cut within a chunk', 'cut=mid-chunk'],
        ['clean end without the final event', 'truncate=clean'], ['error event', 'error-event=1']]) {
        test(`a break in the middle (${what}) is an error and never a success`, async () => {
          const broken = `[[sim: events=10 ${fault} after=3]]`;
          const error = await failure((async () => {
            for await (const chunk of await chat(broken, { stream: true })) assert.ok(chunk.choices);
          })());
          assert.ok(error instanceof Error, String(error));
          assert.ok(await failure(client.chat.completions.stream(ask(broken)).finalChatCompletion()) instanceof Error);
          const response = await client.responses.create({ model, input: broken, stream: true }).then(async (stream) => {
            let last;
            for await (const event of stream) last = event;
            return last;
          }).catch((thrown) => thrown);
          assert.ok(response instanceof Error || response.type === 'response.failed', response.type);
        });
      }

      for (const [status, kind] of [[400, 'BadRequestError'], [403, 'PermissionDeniedError'], [404, 'NotFoundError'],
        [429, 'RateLimitError'], [500, 'InternalServerError']]) {
        test(`the upstream's ${status} is the SDK's own ${kind}, streamed or not`, async () => {
          for (const stream of [false, true]) {
            const error = await failure(chat(`[[sim: status=${status}]]`, { stream }));
            assert.ok(error instanceof OpenAI[kind], `${error.constructor.name}: ${error.message}`);
            assert.equal(error.status, status);
            assert.ok(error.error.message.length > 0);
            assert.ok(error.type.length > 0);
          }
        });
      }
    });

    describe(`openai SDK, responses with ${model} over ${name}`, () => {
      const respond = (input, more = {}) => client.responses.create({ model, input, ...more });

      test('a plain answer with usage', async () => {
        const answer = await respond('one two three', { instructions: 'be brief', max_output_tokens: 100 });
        assert.equal(answer.status, 'completed');
        assert.equal(answer.output_text, `${said}one two three`);
        assert.equal(answer.instructions, 'be brief');
        assert.equal(answer.usage.input_tokens, 5);
        assert.equal(answer.usage.output_tokens, words(answer.output_text));
      });

      test('a stream that the SDK puts together as the plain answer', async () => {
        const kinds = new Set();
        const stream = client.responses.stream({ model, input: '[[sim: thinking=1]] one two' }).on('event', (event) => kinds.add(event.type));
        const streamed = await stream.finalResponse();
        const plain = await respond('[[sim: thinking=1]] one two');
        const bare = (answer) => answer.output.map((item) => [item.type, item.content?.[0].text, item.summary?.[0].text]);
        assert.deepEqual(bare(streamed), bare(plain));
        assert.equal(streamed.output_text, plain.output_text);
        assert.deepEqual(streamed.usage, plain.usage);
        for (const kind of ['response.created', 'response.in_progress', 'response.output_text.delta', 'response.reasoning_summary_text.delta', 'response.completed']) {
          assert.ok(kinds.has(kind), kind);
        }
      });

      test('a tool call, plain and streamed, and its result with the sealed thoughts', async () => {
        for (const streamed of [false, true]) {
          const body = { model, tools, store: false, include: ['reasoning.encrypted_content'], input: [{ role: 'user', content: '[[sim: tool=1 thinking=1]] weather?' }] };
          const answer = streamed ? await client.responses.stream(body).finalResponse() : await client.responses.create(body);
          const call = answer.output.find((item) => item.type === 'function_call');
          assert.equal(call.name, 'get_weather');
          assert.equal(typeof JSON.parse(call.arguments).city, 'string');
          const after = await client.responses.create({ ...body,
            input: [...body.input, ...answer.output, { type: 'function_call_output', call_id: call.call_id, output: 'sunny' }] });
          assert.match(after.output_text, quoted);
        }
      });

      test('structured output and an image', async () => {
        const text = { format: { type: 'json_schema', name: 'person', strict: true, schema: person } };
        checkPerson((await respond('who?', { text })).output_text);
        const answer = await respond([{ role: 'user', content: [{ type: 'input_text', text: 'what is this' }, { type: 'input_image', detail: 'auto', image_url: png }] }]);
        assert.equal(answer.usage.input_tokens, 3 + 258);
      });

      test('a cut answer is incomplete', async () => {
        const answer = await respond('a b c', { max_output_tokens: 3 });
        assert.equal(answer.status, 'incomplete');
        assert.equal(answer.incomplete_details.reason, 'max_output_tokens');
      });
    });

    test(`openai SDK, completions with ${model} over ${name}`, async () => {
      const prompt = 'one two';
      assert.equal((await client.completions.create({ model, prompt })).choices[0].text, said + prompt);
      let text = '';
      for await (const chunk of await client.completions.create({ model, prompt, stream: true })) text += chunk.choices[0].text;
      assert.equal(text, said + prompt);
    });
  }

  describe(`openai SDK over ${name}`, () => {
    const hello = (other, model = models[0]) => other.chat.completions.create({ model, messages: [{ role: 'user', content: 'x' }] });

    test('embeddings, as the SDK asks for them and as numbers', async () => {
      const model = 'gemini-embedding-001';
      const packed = await client.embeddings.create({ model, input: ['one two', 'three'], dimensions: 8 });
      const plain = await client.embeddings.create({ model, input: ['one two', 'three'], dimensions: 8, encoding_format: 'float' });
      assert.equal(packed.data.length, 2);
      assert.equal(packed.data[1].index, 1);
      for (const at of [0, 1]) {
        assert.equal(packed.data[at].embedding.length, 8);
        plain.data[at].embedding.forEach((value, i) => assert.ok(Math.abs(value - packed.data[at].embedding[i]) < 1e-6));
      }
      const error = await failure(client.embeddings.create({ model: models[0], input: 'x' }));
      assert.ok(error instanceof OpenAI.NotFoundError, String(error)); // Claude makes none
    });

    test('the list of models, and one of them', async () => {
      const ids = [];
      for await (const each of client.models.list()) ids.push(each.id);
      assert.ok(ids.length > 0);
      assert.equal((await client.models.retrieve(ids[0])).id, ids[0]);
    });

    test('a wrong key is an AuthenticationError', async () => {
      const error = await failure(hello(new OpenAI({ apiKey: 'wrong', baseURL: `${url}/v1`, maxRetries: 0 })));
      assert.ok(error instanceof OpenAI.AuthenticationError, String(error));
      assert.equal(error.code, 'invalid_api_key');
    });

    test('what no provider can do is a BadRequestError that names it', async () => {
      const error = await failure(client.chat.completions.create({ model: models[0], n: 2, messages: [{ role: 'user', content: 'x' }] }));
      assert.ok(error instanceof OpenAI.BadRequestError, String(error));
      assert.match(error.message, /\bn must be 1/);
      const kept = await failure(client.responses.create({ model: models[0], input: 'x', previous_response_id: 'resp_1' }));
      assert.match(kept.message, /previous_response_id/);
    });

    test('retry-after arrives and is honoured', async () => {
      const marked = mark();
      const patient = new OpenAI({ apiKey: token, baseURL: `${url}/v1`, maxRetries: 1 });
      const begun = performance.now();
      await failure(patient.chat.completions.create({ model: models[0], messages: [{ role: 'user', content: '[[sim: status=429 retry-after=1]]' }] },
        { headers: marked.headers }));
      assert.ok(performance.now() - begun >= 950);
      assert.deepEqual(await attempts(marked), ['0', '1']);
    });

    test('a base URL with a trailing slash', async () => {
      assert.equal((await hello(new OpenAI({ apiKey: token, baseURL: `${url}/v1/`, maxRetries: 0 }))).object, 'chat.completion');
    });

    test('20 streams at once', async () => {
      const texts = await Promise.all(Array.from({ length: 20 }, async (_, number) => {
        let text = '';
        const body = { model: models[number % 2], stream: true, messages: [{ role: 'user', content: `[[sim: pace-ms=2]] caller ${number}` }] };
        for await (const chunk of await client.chat.completions.create(body)) text += chunk.choices[0]?.delta.content ?? '';
        return text;
      }));
      assert.deepEqual(texts, texts.map((_, number) => `${said}caller ${number}`));
    });
  });
}

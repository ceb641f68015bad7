// Vercel's AI SDK with its OpenAI provider, unmodified: chat and responses, answered by Claude and by Gemini, through both ports.
import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { createOpenAI } from '@ai-sdk/openai';
import { embedMany, generateText, jsonSchema, Output, stepCountIs, streamText, tool } from 'ai';

import { faces, failure, madeUpText, test, token, weatherTool, words } from './surroundings.mjs';

const said = 'Hello from the simulator. You said: ';
const png = Buffer.from('not really');

for (const { name, url } of faces) {
  const openai = createOpenAI({ apiKey: token, baseURL: `${url}/v1` });
  for (const model of ['claude-sonnet-4-5', 'gemini-2.5-pro']) {
    for (const [form, made] of [['chat', openai.chat(model)], ['responses', openai.responses(model)]]) {
      // Nothing is kept at the gateway: the SDK has to send what was said before.
      const common = { model: made, maxRetries: 0, providerOptions: { openai: { store: false } } };

      describe(`ai SDK, ${form} with ${model} over ${name}`, () => {
        test('a plain answer with usage', async () => {
          const answer = await generateText({ ...common, system: 'be brief', prompt: 'one two three' });
          assert.equal(answer.text, `${said}one two three`);
          assert.equal(answer.finishReason, 'stop');
          assert.equal(answer.usage.inputTokens, 5);
          assert.equal(answer.usage.outputTokens, words(answer.text));
        });

        test('a stream', async () => {
          const answer = streamText({ ...common, prompt: '[[sim: events=50]]' });
          let text = '';
          for await (const piece of answer.textStream) text += piece;
          assert.equal(text, madeUpText(50));
          assert.equal((await answer.usage).outputTokens, 50);
          assert.equal(await answer.finishReason, 'stop');
        });

        test('a tool in two steps, plain and streamed', async () => {
          const asked = [];
          const tools = { [weatherTool.name]: tool({ description: weatherTool.description, inputSchema: jsonSchema(weatherTool.parameters),
            execute: async (given) => { asked.push(given.city); return 'sunny'; } }) };
          const question = { ...common, tools, stopWhen: stepCountIs(3), prompt: '[[sim: tool=1 thinking=1]] weather?' };
          const answer = await generateText(question);
          assert.equal(answer.steps.length, 2);
          assert.match(answer.text, /^Hello from the simulator/);
          const streamed = streamText(question);
          assert.match(await streamed.text, /^Hello from the simulator/);
          assert.equal((await streamed.steps).length, 2);
          assert.deepEqual(asked.map((city) => typeof city), ['string', 'string']);
        });

        test('structured output and an image', async () => {
          const schema = jsonSchema({ type: 'object', properties: { age: { type: 'integer' } }, required: ['age'], additionalProperties: false });
          const { output } = await generateText({ ...common, output: Output.object({ schema }), prompt: 'how old?' });
          assert.equal(typeof output.age, 'number');
          const answer = await generateText({ ...common, messages: [{ role: 'user', content: [{ type: 'text', text: 'what is this' },
            { type: 'image', image: png, mediaType: 'image/png' }] }] });
          assert.equal(answer.usage.inputTokens, 3 + 258);
        });

        test('an error, before a stream and within it', async () => {
          const error = await failure(generateText({ ...common, prompt: '[[sim: status=400]]' }));
          assert.equal(error.statusCode, 400);
          const parts = [];
          const broken = streamText({ ...common, prompt: '[[sim: events=10 error-event=1 after=3]]', onError: () => {} });
          for await (const part of broken.fullStream) parts.push(part.type);
          assert.ok(parts.includes('error'), parts.join());
        });
      });
    }
  }

  test(`ai SDK, embeddings over ${name}`, async () => {
    const { embeddings } = await embedMany({ model: openai.embedding('gemini-embedding-001'), values: ['one two', 'three'], maxRetries: 0 });
    assert.equal(embeddings.length, 2);
    assert.ok(embeddings[0].every((value) => typeof value === 'number'));
  });
}

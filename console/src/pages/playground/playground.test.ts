import { describe, expect, it } from 'vitest';
import { addressOf } from './address';
import { dialects, errorOf, pieceOf, requestOf, type Prompt } from './dialects';
import { snippetsOf } from './snippets';
import { EventReader } from './sse';

const prompt = (more: Partial<Prompt> = {}): Prompt => ({
  dialect: 'anthropic', model: 'm', text: "it's \"so\"", system: '', maxTokens: 100, stream: true, ...more,
});

describe('requests', () => {
  it.each([
    ['anthropic', '/v1/messages'],
    ['gemini', '/v1beta/models/m:streamGenerateContent?alt=sse'],
    ['vertex', '/v1/projects/any-project/locations/us-central1/publishers/google/models/m:streamGenerateContent?alt=sse'],
    ['vertex-claude', '/v1/projects/any-project/locations/us-central1/publishers/anthropic/models/m:streamRawPredict'],
    ['openai', '/v1/chat/completions'],
  ] as const)('%s goes to %s', (dialect, path) => expect(requestOf(prompt({ dialect })).path).toBe(path));

  it('leave out what is empty', () => {
    expect(requestOf(prompt({ stream: false })).body).toEqual({
      model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'it\'s "so"' }],
    });
  });
});

describe('answers', () => {
  it.each([
    ['anthropic', { type: 'content_block_delta', delta: { type: 'text_delta', text: 'a' } }],
    ['anthropic', { type: 'message', content: [{ type: 'text', text: 'a' }] }],
    ['gemini', { candidates: [{ content: { parts: [{ text: 'thinking', thought: true }, { text: 'a' }] } }] }],
    ['openai', { choices: [{ delta: { content: 'a' } }] }],
    ['openai', { choices: [{ message: { content: 'a' } }] }],
  ] as const)('of %s are read', (dialect, event) => expect(pieceOf(dialect, event).text).toBe('a'));

  it('tell usage and why they stopped', () => {
    expect(pieceOf('anthropic', { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 7 } })).toMatchObject({
      stop: 'end_turn', usage: { output: 7 },
    });
    expect(pieceOf('vertex', { usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4 } }).usage).toEqual({ input: 3, output: 4 });
  });

  it.each([[{ error: { message: 'no' } }], [[{ error: { message: 'no' } }]], [{ error: 'no' }]])('%j is an error', (value) =>
    expect(errorOf(value)).toBe('no'),
  );
});

describe('events', () => {
  it('come whole, however the text is cut', () => {
    const text = 'event: a\ndata: {"x":1}\n\n: ping\n\ndata: one\r\ndata: two\r\n\r\ndata: [DONE]\n\n';
    for (let cut = 0; cut <= text.length; cut++) {
      const reader = new EventReader();
      expect([...reader.feed(text.slice(0, cut)), ...reader.feed(text.slice(cut))]).toEqual(['{"x":1}', 'one\ntwo']);
    }
  });
});

describe('code', () => {
  it.each(dialects)('for %s names the gateway and never a key', (dialect) => {
    for (const stream of [true, false]) {
      for (const snippet of snippetsOf('http://localhost:8888/', prompt({ dialect, stream, system: 'Be brief.' }))) {
        expect(snippet.code).toContain('http://localhost:8888');
        expect(snippet.code).not.toContain('8888//');
        expect(snippet.code).toMatch(/MOONGATE_KEY|key\.json/);
        expect(snippet.code).toContain('Be brief.');
      }
    }
  });
  it('survives quotes in a shell', () => expect(snippetsOf('http://x', prompt())[0]?.code).toContain(`it'\\''s`));
});

describe('the address of the data port', () => {
  const page = { protocol: 'http:', hostname: 'gate.example' };
  it('is what the setting says', () => {
    expect(addressOf([{ key: 'console.api_url', value: 'https://api.example/' }], page)).toBe('https://api.example');
  });
  it('is this host with the port that is listened on', () => {
    expect(addressOf([{ key: 'listen.http', value: '0.0.0.0:8080' }], page)).toBe('http://gate.example:8080');
    expect(addressOf([], { ...page, hostname: '::1' })).toBe('http://[::1]:8888');
  });
});

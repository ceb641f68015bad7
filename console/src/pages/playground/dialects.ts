// The languages that clients speak: for each, the request that a prompt becomes, and how its answer is read.
export type Dialect = 'anthropic' | 'gemini' | 'vertex' | 'vertex-claude' | 'openai';

export const dialects: Dialect[] = ['anthropic', 'gemini', 'vertex', 'vertex-claude', 'openai'];

export interface Prompt {
  dialect: Dialect;
  model: string;
  text: string;
  system: string;
  maxTokens: number;
  stream: boolean;
}

export interface WireRequest {
  path: string;
  body: Record<string, unknown>;
}

export const firstModel: Record<Dialect, string> = {
  anthropic: 'claude-sonnet-4-5',
  gemini: 'gemini-2.5-pro',
  vertex: 'gemini-2.5-pro',
  'vertex-claude': 'claude-sonnet-4-5',
  openai: 'claude-sonnet-4-5',
};

const kProject = 'any-project';
const kLocation = 'us-central1';

function claudeBody(prompt: Prompt): Record<string, unknown> {
  return {
    max_tokens: prompt.maxTokens,
    ...(prompt.system && { system: prompt.system }),
    messages: [{ role: 'user', content: prompt.text }],
    ...(prompt.stream && { stream: true }),
  };
}

function geminiBody(prompt: Prompt): Record<string, unknown> {
  return {
    ...(prompt.system && { systemInstruction: { parts: [{ text: prompt.system }] } }),
    contents: [{ role: 'user', parts: [{ text: prompt.text }] }],
    generationConfig: { maxOutputTokens: prompt.maxTokens },
  };
}

export function requestOf(prompt: Prompt): WireRequest {
  const model = encodeURIComponent(prompt.model);
  const verb = prompt.stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
  const place = `/v1/projects/${kProject}/locations/${kLocation}/publishers`;
  switch (prompt.dialect) {
    case 'anthropic':
      return { path: '/v1/messages', body: { model: prompt.model, ...claudeBody(prompt) } };
    case 'gemini':
      return { path: `/v1beta/models/${model}:${verb}`, body: geminiBody(prompt) };
    case 'vertex':
      return { path: `${place}/google/models/${model}:${verb}`, body: geminiBody(prompt) };
    case 'vertex-claude':
      return {
        path: `${place}/anthropic/models/${model}:${prompt.stream ? 'streamRawPredict' : 'rawPredict'}`,
        body: { anthropic_version: 'vertex-2023-10-16', ...claudeBody(prompt) },
      };
    case 'openai':
      return {
        path: '/v1/chat/completions',
        body: {
          model: prompt.model,
          max_tokens: prompt.maxTokens,
          messages: [
            ...(prompt.system ? [{ role: 'system', content: prompt.system }] : []),
            { role: 'user', content: prompt.text },
          ],
          ...(prompt.stream && { stream: true, stream_options: { include_usage: true } }),
        },
      };
  }
}

export interface Usage {
  input?: number;
  output?: number;
}

/** What one JSON of the answer adds: an event of a stream, or the whole of a plain answer. */
export interface Piece {
  text: string;
  usage: Usage;
  /** Why it stopped, in the provider's word. */
  stop?: string;
  /** An error event in the middle of a stream. */
  error?: string;
}

type Json = any; // eslint-disable-line @typescript-eslint/no-explicit-any

const texts = (parts: Json): string =>
  Array.isArray(parts) ? parts.map((part) => (typeof part?.text === 'string' && !part.thought ? part.text : '')).join('') : '';

function claudePiece(event: Json): Piece {
  const usage = event.usage ?? event.message?.usage;
  return {
    text: event.type === 'content_block_delta' ? (event.delta?.text ?? '') : event.type === 'message' ? texts(event.content) : '',
    usage: { input: usage?.input_tokens, output: usage?.output_tokens },
    stop: event.delta?.stop_reason ?? event.stop_reason ?? undefined,
  };
}

function geminiPiece(event: Json): Piece {
  const candidate = event.candidates?.[0];
  const usage = event.usageMetadata;
  return {
    text: texts(candidate?.content?.parts),
    usage: { input: usage?.promptTokenCount, output: usage?.candidatesTokenCount },
    stop: candidate?.finishReason,
  };
}

function openaiPiece(event: Json): Piece {
  const choice = event.choices?.[0];
  return {
    text: choice?.delta?.content ?? choice?.message?.content ?? '',
    usage: { input: event.usage?.prompt_tokens, output: event.usage?.completion_tokens },
    stop: choice?.finish_reason ?? undefined,
  };
}

/** The message of an error in any of the dialects' forms; empty: it is none. */
export function errorOf(value: Json): string {
  const error = Array.isArray(value) ? value[0]?.error : value?.error;
  if (!error) return '';
  return typeof error === 'string' ? error : (error.message ?? JSON.stringify(error));
}

export function pieceOf(dialect: Dialect, event: unknown): Piece {
  const json = event as Json;
  const error = errorOf(json);
  if (error) return { text: '', usage: {}, error };
  if (dialect === 'anthropic' || dialect === 'vertex-claude') return claudePiece(json);
  return dialect === 'openai' ? openaiPiece(json) : geminiPiece(json);
}

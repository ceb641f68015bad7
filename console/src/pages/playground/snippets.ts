// The same request as code, for whoever wants to go on outside the console. The key stands in as $MOONGATE_KEY.
import { requestOf, type Prompt } from './dialects';

export interface Snippet {
  id: string;
  /** What it is called on the tab. */
  name: string;
  language: 'shell' | 'python' | 'javascript';
  code: string;
}

const quoted = (text: string): string => JSON.stringify(text);
const shellQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const trimmedBase = (base: string): string => base.replace(/\/+$/, '');

function curl(base: string, prompt: Prompt): string {
  const { path, body } = requestOf(prompt);
  const header = prompt.dialect === 'anthropic' ? 'x-api-key: ' : prompt.dialect === 'gemini' ? 'x-goog-api-key: ' : 'Authorization: Bearer ';
  const lines = [`curl -sS ${prompt.stream ? '-N ' : ''}${shellQuoted(trimmedBase(base) + path)}`, `-H "${header}$MOONGATE_KEY"`];
  if (prompt.dialect === 'anthropic') lines.push("-H 'anthropic-version: 2023-06-01'");
  lines.push("-H 'content-type: application/json'", `-d ${shellQuoted(JSON.stringify(body, null, 2))}`);
  return lines.join(' \\\n  ');
}

function anthropicPython(base: string, prompt: Prompt): string {
  const rest = [
    `    model=${quoted(prompt.model)},`,
    `    max_tokens=${prompt.maxTokens},`,
    ...(prompt.system ? [`    system=${quoted(prompt.system)},`] : []),
    `    messages=[{"role": "user", "content": ${quoted(prompt.text)}}],`,
  ].join('\n');
  const begin = `import os\nimport anthropic\n\nclient = anthropic.Anthropic(base_url=${quoted(trimmedBase(base))}, api_key=os.environ["MOONGATE_KEY"])\n`;
  return prompt.stream
    ? `${begin}with client.messages.stream(\n${rest}\n) as stream:\n    for text in stream.text_stream:\n        print(text, end="", flush=True)\n`
    : `${begin}message = client.messages.create(\n${rest}\n)\nprint(message.content[0].text)\n`;
}

function anthropicNode(base: string, prompt: Prompt): string {
  const rest = [
    `  model: ${quoted(prompt.model)},`,
    `  max_tokens: ${prompt.maxTokens},`,
    ...(prompt.system ? [`  system: ${quoted(prompt.system)},`] : []),
    `  messages: [{ role: "user", content: ${quoted(prompt.text)} }],`,
  ].join('\n');
  const begin = `import Anthropic from "@anthropic-ai/sdk";\n\nconst client = new Anthropic({ baseURL: ${quoted(trimmedBase(base))}, apiKey: process.env.MOONGATE_KEY });\n`;
  return prompt.stream
    ? `${begin}const stream = client.messages.stream({\n${rest}\n});\nstream.on("text", (text) => process.stdout.write(text));\nawait stream.finalMessage();\n`
    : `${begin}const message = await client.messages.create({\n${rest}\n});\nconsole.log(message.content[0].text);\n`;
}

function vertexClaudeNode(base: string, prompt: Prompt): string {
  const rest = [
    `  model: ${quoted(prompt.model)},`,
    `  max_tokens: ${prompt.maxTokens},`,
    ...(prompt.system ? [`  system: ${quoted(prompt.system)},`] : []),
    `  messages: [{ role: "user", content: ${quoted(prompt.text)} }],`,
  ].join('\n');
  return [
    'import { AnthropicVertex } from "@anthropic-ai/vertex-sdk";',
    'import { GoogleAuth } from "google-auth-library";',
    '',
    '// The key file of a virtual service account, from the page of that name.',
    'const googleAuth = new GoogleAuth({ keyFile: "key.json", scopes: "https://www.googleapis.com/auth/cloud-platform" });',
    `const client = new AnthropicVertex({ baseURL: ${quoted(`${trimmedBase(base)}/v1`)}, googleAuth, projectId: "any-project", region: "us-central1" });`,
    prompt.stream
      ? `const stream = client.messages.stream({\n${rest}\n});\nstream.on("text", (text) => process.stdout.write(text));\nawait stream.finalMessage();\n`
      : `const message = await client.messages.create({\n${rest}\n});\nconsole.log(message.content[0].text);\n`,
  ].join('\n');
}

function geminiPython(base: string, prompt: Prompt): string {
  const vertex = prompt.dialect === 'vertex' ? 'vertexai=True, ' : '';
  const call = prompt.stream ? 'generate_content_stream' : 'generate_content';
  const config = [`max_output_tokens=${prompt.maxTokens}`, ...(prompt.system ? [`system_instruction=${quoted(prompt.system)}`] : [])];
  const lines = [
    'import os',
    'from google import genai',
    'from google.genai import types',
    '',
    `client = genai.Client(${vertex}api_key=os.environ["MOONGATE_KEY"],`,
    `                      http_options=types.HttpOptions(base_url=${quoted(trimmedBase(base))}))`,
    `${prompt.stream ? 'stream' : 'answer'} = client.models.${call}(`,
    `    model=${quoted(prompt.model)},`,
    `    contents=${quoted(prompt.text)},`,
    `    config=types.GenerateContentConfig(${config.join(', ')}),`,
    ')',
    ...(prompt.stream ? ['for chunk in stream:', '    print(chunk.text or "", end="", flush=True)'] : ['print(answer.text)']),
  ];
  return `${lines.join('\n')}\n`;
}

function geminiNode(base: string, prompt: Prompt): string {
  const vertex = prompt.dialect === 'vertex' ? 'vertexai: true, ' : '';
  const call = prompt.stream ? 'generateContentStream' : 'generateContent';
  const config = [`maxOutputTokens: ${prompt.maxTokens}`, ...(prompt.system ? [`systemInstruction: ${quoted(prompt.system)}`] : [])];
  const lines = [
    'import { GoogleGenAI } from "@google/genai";',
    '',
    `const ai = new GoogleGenAI({ ${vertex}apiKey: process.env.MOONGATE_KEY, httpOptions: { baseUrl: ${quoted(trimmedBase(base))} } });`,
    `const ${prompt.stream ? 'stream' : 'answer'} = await ai.models.${call}({`,
    `  model: ${quoted(prompt.model)},`,
    `  contents: ${quoted(prompt.text)},`,
    `  config: { ${config.join(', ')} },`,
    '});',
    ...(prompt.stream ? ['for await (const chunk of stream) process.stdout.write(chunk.text ?? "");'] : ['console.log(answer.text);']),
  ];
  return `${lines.join('\n')}\n`;
}

function openaiMessages(prompt: Prompt, python: boolean): string {
  const one = (role: string, text: string) =>
    python ? `{"role": ${quoted(role)}, "content": ${quoted(text)}}` : `{ role: ${quoted(role)}, content: ${quoted(text)} }`;
  return [...(prompt.system ? [one('system', prompt.system)] : []), one('user', prompt.text)].join(', ');
}

function openaiPython(base: string, prompt: Prompt): string {
  const lines = [
    'import os',
    'from openai import OpenAI',
    '',
    `client = OpenAI(base_url=${quoted(`${trimmedBase(base)}/v1`)}, api_key=os.environ["MOONGATE_KEY"])`,
    `${prompt.stream ? 'stream' : 'answer'} = client.chat.completions.create(`,
    `    model=${quoted(prompt.model)},`,
    `    max_tokens=${prompt.maxTokens},`,
    `    messages=[${openaiMessages(prompt, true)}],`,
    ...(prompt.stream ? ['    stream=True,'] : []),
    ')',
    ...(prompt.stream
      ? ['for chunk in stream:', '    if chunk.choices:', '        print(chunk.choices[0].delta.content or "", end="", flush=True)']
      : ['print(answer.choices[0].message.content)']),
  ];
  return `${lines.join('\n')}\n`;
}

function openaiNode(base: string, prompt: Prompt): string {
  const lines = [
    'import OpenAI from "openai";',
    '',
    `const client = new OpenAI({ baseURL: ${quoted(`${trimmedBase(base)}/v1`)}, apiKey: process.env.MOONGATE_KEY });`,
    `const ${prompt.stream ? 'stream' : 'answer'} = await client.chat.completions.create({`,
    `  model: ${quoted(prompt.model)},`,
    `  max_tokens: ${prompt.maxTokens},`,
    `  messages: [${openaiMessages(prompt, false)}],`,
    ...(prompt.stream ? ['  stream: true,'] : []),
    '});',
    ...(prompt.stream
      ? ['for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content ?? "");']
      : ['console.log(answer.choices[0].message.content);']),
  ];
  return `${lines.join('\n')}\n`;
}

/** `base` is the address of the data port, such as http://localhost:8888. */
export function snippetsOf(base: string, prompt: Prompt): Snippet[] {
  const shell: Snippet = { id: 'curl', name: 'curl', language: 'shell', code: `${curl(base, prompt)}\n` };
  const python = (name: string, code: string): Snippet => ({ id: 'python', name: `Python: ${name}`, language: 'python', code });
  const node = (name: string, code: string): Snippet => ({ id: 'node', name: `Node: ${name}`, language: 'javascript', code });
  switch (prompt.dialect) {
    case 'anthropic':
      return [shell, python('anthropic', anthropicPython(base, prompt)), node('@anthropic-ai/sdk', anthropicNode(base, prompt))];
    case 'vertex-claude':
      return [shell, node('@anthropic-ai/vertex-sdk', vertexClaudeNode(base, prompt))];
    case 'gemini':
    case 'vertex':
      return [shell, python('google-genai', geminiPython(base, prompt)), node('@google/genai', geminiNode(base, prompt))];
    case 'openai':
      return [shell, python('openai', openaiPython(base, prompt)), node('openai', openaiNode(base, prompt))];
  }
}

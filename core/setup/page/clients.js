// How each client is told of the gateway. `text` gets the addresses; `remark` names a text of texts.js.
export const clients = [
  {
    title: 'Claude Code', remark: 'tokenFirst',
    text: ({ api }) => `export ANTHROPIC_BASE_URL=${api}
export ANTHROPIC_AUTH_TOKEN="$MOONGATE_TOKEN"
claude`,
  },
  {
    title: 'Gemini CLI', remark: 'tokenFirst',
    text: ({ api }) => `export GOOGLE_GEMINI_BASE_URL=${api}
export GEMINI_API_KEY="$MOONGATE_TOKEN"
gemini`,
  },
  {
    title: 'Codex', remark: 'codex',
    text: ({ api }) => `[model_providers.moongate]
name = "Moongate"
base_url = "${api}/v1"
env_key = "MOONGATE_TOKEN"
wire_api = "responses"

# codex -c model_provider=moongate -c model=claude-sonnet-4-5`,
  },
  {
    title: 'Anthropic SDK (TypeScript)', remark: 'tokenFirst',
    text: ({ api }) => `import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic({ baseURL: '${api}', apiKey: process.env.MOONGATE_TOKEN });
const message = await client.messages.create({
  model: 'claude-sonnet-4-5',
  max_tokens: 1024,
  messages: [{ role: 'user', content: 'Hello' }],
});
console.log(message.content);`,
  },
  {
    title: 'Anthropic SDK (Python)', remark: 'tokenFirst',
    text: ({ api }) => `import os
import anthropic

client = anthropic.Anthropic(base_url="${api}", api_key=os.environ["MOONGATE_TOKEN"])
message = client.messages.create(
    model="claude-sonnet-4-5", max_tokens=1024,
    messages=[{"role": "user", "content": "Hello"}])
print(message.content)`,
  },
  {
    title: 'Google GenAI SDK (TypeScript)', remark: 'tokenFirst',
    text: ({ api }) => `import { GoogleGenAI } from '@google/genai';

const ai = new GoogleGenAI({
  apiKey: process.env.MOONGATE_TOKEN,
  httpOptions: { baseUrl: '${api}' },
});
const answer = await ai.models.generateContent({ model: 'gemini-2.5-pro', contents: 'Hello' });
console.log(answer.text);`,
  },
  {
    title: 'Google GenAI SDK (Python)', remark: 'tokenFirst',
    text: ({ api }) => `import os
from google import genai
from google.genai import types

client = genai.Client(api_key=os.environ["MOONGATE_TOKEN"],
                      http_options=types.HttpOptions(base_url="${api}"))
print(client.models.generate_content(model="gemini-2.5-pro", contents="Hello").text)`,
  },
  {
    title: 'Vertex AI (TypeScript)', remark: 'keyFile',
    text: ({ api }) => `import { GoogleGenAI } from '@google/genai';

const ai = new GoogleGenAI({
  vertexai: true,
  project: 'any',
  location: 'us-central1',
  googleAuthOptions: { keyFile: 'key.json' },
  httpOptions: { baseUrl: '${api}' },
});
const answer = await ai.models.generateContent({ model: 'gemini-2.5-pro', contents: 'Hello' });
console.log(answer.text);`,
  },
  {
    title: 'Vertex AI (Python)', remark: 'keyFile',
    text: ({ api }) => `from google import genai
from google.genai import types
from google.oauth2 import service_account

credentials = service_account.Credentials.from_service_account_file(
    "key.json", scopes=["https://www.googleapis.com/auth/cloud-platform"])
client = genai.Client(vertexai=True, project="any", location="us-central1", credentials=credentials,
                      http_options=types.HttpOptions(base_url="${api}"))
print(client.models.generate_content(model="gemini-2.5-pro", contents="Hello").text)`,
  },
  {
    title: 'Claude on Vertex (TypeScript)', remark: 'keyFile',
    text: ({ api }) => `import { AnthropicVertex } from '@anthropic-ai/vertex-sdk';
import { GoogleAuth } from 'google-auth-library';

const client = new AnthropicVertex({
  baseURL: '${api}/v1', projectId: 'any', region: 'us-east5',
  googleAuth: new GoogleAuth({ keyFile: 'key.json', scopes: 'https://www.googleapis.com/auth/cloud-platform' }),
});
const message = await client.messages.create({
  model: 'claude-sonnet-4-5',
  max_tokens: 1024,
  messages: [{ role: 'user', content: 'Hello' }],
});
console.log(message.content);`,
  },
  {
    title: 'OpenAI SDK (TypeScript)', remark: 'tokenFirst',
    text: ({ api }) => `import OpenAI from 'openai';

const client = new OpenAI({ baseURL: '${api}/v1', apiKey: process.env.MOONGATE_TOKEN });
const answer = await client.chat.completions.create({
  model: 'claude-sonnet-4-5',
  messages: [{ role: 'user', content: 'Hello' }],
});
console.log(answer.choices[0].message.content);`,
  },
  {
    title: 'OpenAI SDK (Python)', remark: 'tokenFirst',
    text: ({ api }) => `import os
from openai import OpenAI

client = OpenAI(base_url="${api}/v1", api_key=os.environ["MOONGATE_TOKEN"])
answer = client.chat.completions.create(
    model="claude-sonnet-4-5", messages=[{"role": "user", "content": "Hello"}])
print(answer.choices[0].message.content)`,
  },
  {
    title: 'curl: Claude', remark: 'tokenFirst',
    text: ({ api }) => `curl ${api}/v1/messages \\
  -H "x-api-key: $MOONGATE_TOKEN" -H 'content-type: application/json' \\
  -d '{"model": "claude-sonnet-4-5", "max_tokens": 1024,
       "messages": [{"role": "user", "content": "Hello"}]}'`,
  },
  {
    title: 'curl: Gemini', remark: 'tokenFirst',
    text: ({ api }) => `curl ${api}/v1beta/models/gemini-2.5-pro:generateContent \\
  -H "x-goog-api-key: $MOONGATE_TOKEN" -H 'content-type: application/json' \\
  -d '{"contents": [{"parts": [{"text": "Hello"}]}]}'`,
  },
  {
    title: 'curl: OpenAI', remark: 'tokenFirst',
    text: ({ api }) => `curl ${api}/v1/chat/completions \\
  -H "Authorization: Bearer $MOONGATE_TOKEN" -H 'content-type: application/json' \\
  -d '{"model": "claude-sonnet-4-5", "messages": [{"role": "user", "content": "Hello"}]}'`,
  },
];

// Where the gateway of this run is, who may call it, and what its simulator saw. Set up by ./run.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test as nodeTest } from 'node:test';

const given = JSON.parse(readFileSync(process.env.MOONGATE_TEST_SURROUNDINGS, 'utf8'));

export const token = given.client_token;
export const control = given.control; // http://127.0.0.1:…, the mock OAuth2
export const simulator = given.simulator;
export const keyFile = given.key_file; // path of a virtual service account's key file
export const externalAccountFile = given.external_account_file;
export const certificate = given.certificate;
export const slower = given.slower;

// A client that waits for ever fails its case and not the whole file.
export const test = (name, run) => nodeTest(name, { timeout: 20_000 * slower }, run);

// Both ways in. Every test that talks to the gateway as a client runs on each.
export const faces = [
  { name: 'http', url: given.http },
  { name: 'https', url: given.https },
];

let made = 0;
// A text that only one request of this run holds, and a header by which the simulator's log shows it.
export function mark() {
  made += 1;
  const name = `case-${process.pid}-${made}`;
  return { name, headers: { 'x-test-case': name } };
}

export async function simulatorLog() {
  const text = await (await fetch(`${simulator}/__simulator/log`)).text();
  return text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

// The simulator's entries of one marked case, oldest first.
export async function seen(marked) {
  return (await simulatorLog()).filter((entry) => entry.headers['x-test-case'] === marked.name);
}

// Which attempts of the SDK reached an upstream. The gateway may have asked several accounts for each.
export async function attempts(marked) {
  return [...new Set((await seen(marked)).map((entry) => entry.headers['x-stainless-retry-count']))].sort();
}

// The request as the upstream got it: the simulator's answer to [[sim: echo=headers]].
export function echoed(text) {
  const request = JSON.parse(text);
  request.header = (name) => request.headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value).join(', ');
  return request;
}

export function words(text) {
  return text.split(/\s+/).filter(Boolean).length;
}

export const madeUpText = (count) => Array.from({ length: count }, (_, at) => `w${at + 1} `).join('');

// The error that a promise rejects with.
export async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return assert.fail('it succeeded');
}

// A picture of 5 MB, as base64.
export const largeImage = Buffer.alloc(3_900_000, 7).toString('base64');

export const weatherTool = {
  name: 'get_weather',
  description: 'Weather at a place',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

import { createHash, generateKeyPairSync, privateDecrypt, webcrypto } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isPrivateWay } from './private_way';
import { encrypt, sha256 } from './rsa_oaep';

if (!('crypto' in globalThis)) Object.defineProperty(globalThis, 'crypto', { value: webcrypto });

describe('sha256', () => {
  it.each([0, 1, 55, 56, 63, 64, 65, 1000])('of %d bytes is what others get', (length) => {
    const bytes = new Uint8Array(length).map((_, at) => at * 7);
    expect(Buffer.from(sha256(bytes)).toString('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
  });
});

describe('encrypt', () => {
  it.each([2048, 3072])('can be read with the private key, %d bits', (modulusLength) => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength });
    const sealed = encrypt(publicKey.export({ type: 'spki', format: 'pem' }).toString(), 'nonce:pässword');
    const plain = privateDecrypt({ key: privateKey, oaepHash: 'sha256' }, Buffer.from(sealed, 'base64'));
    expect(plain.toString()).toBe('nonce:pässword');
  });
});

it('lets passwords travel plain over TLS and within the machine only', () => {
  expect(isPrivateWay('https:', 'gate.example')).toBe(true);
  expect(isPrivateWay('http:', '127.0.0.1')).toBe(true);
  expect(isPrivateWay('http:', 'localhost')).toBe(true);
  expect(isPrivateWay('http:', '127.0.0.1.example')).toBe(false);
  expect(isPrivateWay('http:', '10.0.0.1')).toBe(false);
});

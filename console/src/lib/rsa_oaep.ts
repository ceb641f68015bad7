// RSA-OAEP with SHA-256 (RFC 8017, 7.1.1), for sign-ins over plain HTTP from another machine: the server takes a password
// there only as ciphertext, and browsers have no WebCrypto outside of secure contexts. It hides the password from who
// listens, not from who can change the page on its way; that takes TLS.

const kRounds = (() => {
  // The first 32 bits of the fractional parts of the cube roots of the first 64 primes, and of the square roots of 8.
  const primes: number[] = [];
  for (let each = 2; primes.length < 64; each++) if (primes.every((prime) => each % prime !== 0)) primes.push(each);
  const fraction = (root: number) => Math.floor((root - Math.floor(root)) * 2 ** 32) >>> 0;
  return { constants: primes.map((prime) => fraction(Math.cbrt(prime))), start: primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime))) };
})();

export function sha256(message: Uint8Array): Uint8Array {
  const length = ((message.length + 8) >> 6) + 1;
  const padded = new Uint8Array(length * 64);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(message.length / 2 ** 29));
  view.setUint32(padded.length - 4, message.length << 3);
  const hash = [...kRounds.start];
  const words = new Uint32Array(64);
  const turn = (word: number, bits: number) => (word >>> bits) | (word << (32 - bits));
  for (let at = 0; at < padded.length; at += 64) {
    for (let i = 0; i < 16; i++) words[i] = view.getUint32(at + i * 4);
    for (let i = 16; i < 64; i++) {
      const a = words[i - 15]!;
      const b = words[i - 2]!;
      words[i] = words[i - 16]! + (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)) + words[i - 7]! + (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10));
    }
    let [a, b, c, d, e, f, g, h] = hash as [number, number, number, number, number, number, number, number];
    for (let i = 0; i < 64; i++) {
      const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + kRounds.constants[i]! + words[i]!) | 0;
      const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => (hash[i] = (hash[i]! + value) | 0));
  }
  const out = new DataView(new ArrayBuffer(32));
  hash.forEach((value, i) => out.setInt32(i * 4, value));
  return new Uint8Array(out.buffer);
}

function mask(seed: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let at = 0, counter = 0; at < length; at += 32, counter++) {
    const block = new Uint8Array(seed.length + 4);
    block.set(seed);
    new DataView(block.buffer).setUint32(seed.length, counter);
    out.set(sha256(block).subarray(0, Math.min(32, length - at)), at);
  }
  return out;
}

const xor = (left: Uint8Array, right: Uint8Array) => left.map((byte, at) => byte ^ right[at]!);

interface PublicKey {
  modulus: bigint;
  exponent: bigint;
  bytes: number;
}

const toNumber = (bytes: Uint8Array) => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

/** Of a SubjectPublicKeyInfo in PEM. */
export function readPublicKey(pem: string): PublicKey {
  const der = Uint8Array.from(atob(pem.replace(/-----[A-Z ]+-----|\s/g, '')), (letter) => letter.charCodeAt(0));
  let at = 0;
  const open = (tag: number): number => {
    if (der[at++] !== tag) throw new Error('not a public key');
    let length = der[at++] ?? 0;
    if (length & 0x80) {
      let bytes = length & 0x7f;
      for (length = 0; bytes > 0; bytes--) length = length * 256 + (der[at++] ?? 0);
    }
    return length;
  };
  const number = (): Uint8Array => {
    const length = open(0x02);
    at += length;
    return der.subarray(at - length, at);
  };
  open(0x30);
  const algorithm = open(0x30);
  at += algorithm;
  open(0x03);
  at++;
  open(0x30);
  const modulus = number();
  const exponent = number();
  return { modulus: toNumber(modulus), exponent: toNumber(exponent), bytes: modulus.length - (modulus[0] === 0 ? 1 : 0) };
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let rest = exponent, square = base % modulus; rest > 0n; rest >>= 1n, square = (square * square) % modulus) {
    if (rest & 1n) result = (result * square) % modulus;
  }
  return result;
}

/** Base64 of the text, encrypted. */
export function encrypt(pem: string, text: string): string {
  const key = readPublicKey(pem);
  const message = new TextEncoder().encode(text);
  const room = key.bytes - 66;
  if (message.length > room) throw new Error(`longer than ${room} bytes`);
  const data = new Uint8Array(key.bytes - 33);
  data.set(sha256(new Uint8Array()));
  data[data.length - message.length - 1] = 1;
  data.set(message, data.length - message.length);
  const seed = crypto.getRandomValues(new Uint8Array(32));
  const hidden = xor(data, mask(seed, data.length));
  const whole = new Uint8Array([0, ...xor(seed, mask(hidden, 32)), ...hidden]);
  const hex = power(toNumber(whole), key.exponent, key.modulus).toString(16).padStart(key.bytes * 2, '0');
  return btoa((hex.match(/../g) ?? []).map((pair) => String.fromCharCode(parseInt(pair, 16))).join(''));
}

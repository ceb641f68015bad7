// google-auth-library, two major versions: every way to a virtual identity that needs no change of code, and
// id tokens that it verifies against our certificates. docs/clients.md shows the outcome as a table.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe } from 'node:test';

import * as auth10 from 'google-auth-library';
import * as auth11 from 'google-auth-library-11';

import { control, externalAccountFile, faces, keyFile, test, token } from './surroundings.mjs';

const scopes = ['https://www.googleapis.com/auth/cloud-platform'];
const target = '/v1/projects/p/locations/us-central1/publishers/google/models/gemini-2.5-pro:generateContent';
const key = JSON.parse(readFileSync(keyFile, 'utf8'));
const versions = [
  { name: 'google-auth-library 10', auth: auth10 },
  { name: 'google-auth-library 11', auth: auth11 },
];

async function call(url, headers) {
  const answer = await fetch(url + target, {
    method: 'POST', headers: { ...Object.fromEntries(headers.entries()), 'content-type': 'application/json' },
    body: JSON.stringify({ contents: [{ parts: [{ text: 'hi' }] }] }) });
  return { status: answer.status, body: await answer.json() };
}

async function tokenFor(parameters) {
  const answer = await fetch(`${control}/token`, { method: 'POST', body: new URLSearchParams(parameters) });
  return { status: answer.status, body: await answer.json() };
}

for (const { name: version, auth } of versions) {
  describe(version, () => {
    for (const { name, url } of faces) {
      test(`a key file of ours makes it sign its own Bearer, over ${name}`, async () => {
        const client = await new auth.GoogleAuth({ keyFile, scopes }).getClient();
        const headers = await client.getRequestHeaders(url);
        const jwt = headers.get('authorization').replace('Bearer ', '');
        assert.equal(jwt.split('.').length, 3, 'no token request was made');
        assert.equal(JSON.parse(Buffer.from(jwt.split('.')[0], 'base64url')).kid, key.private_key_id);
        assert.equal((await call(url, headers)).status, 200);
      });

      test(`an external_account file is exchanged at our token endpoint, over ${name}`, async () => {
        const client = await new auth.GoogleAuth({ keyFile: externalAccountFile, scopes }).getClient();
        const headers = await client.getRequestHeaders(url);
        assert.match(headers.get('authorization'), /^Bearer ya29\.mg-/);
        assert.equal((await call(url, headers)).status, 200);
      });
    }

    test('the metadata face stands in for a key file', async () => {
      process.env.GCE_METADATA_HOST = control.replace('http://', '');
      try {
        const client = new auth.Compute({ scopes });
        const headers = await client.getRequestHeaders(faces[0].url);
        assert.match(headers.get('authorization'), /^Bearer ya29\.mg-/);
        assert.equal((await call(faces[0].url, headers)).status, 200);
        assert.ok(await new auth.GoogleAuth({ scopes }).getProjectId());
      } finally {
        delete process.env.GCE_METADATA_HOST;
      }
    });

    test('an id token of ours is verified against our v1 certificates', async () => {
      const client = new auth.JWT({ email: key.client_email, key: key.private_key });
      const now = Math.floor(Date.now() / 1000);
      const assertion = await signed(client, { iss: key.client_email, sub: key.client_email, aud: key.token_uri,
        target_audience: 'https://service.test', iat: now, exp: now + 3600 });
      const { status, body } = await tokenFor({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
      assert.equal(status, 200, JSON.stringify(body));
      assert.deepEqual(Object.keys(body), ['id_token']);
      const verifier = new auth.OAuth2Client({ endpoints: {
        oauth2FederatedSignonPemCertsUrl: `${control}/oauth2/v1/certs`,
        oauth2FederatedSignonJwkCertsUrl: `${control}/oauth2/v3/certs` } });
      const ticket = await verifier.verifyIdToken({ idToken: body.id_token, audience: 'https://service.test' });
      assert.equal(ticket.getPayload().email, key.client_email);
      const { certs } = await verifier.getFederatedSignonCertsAsync();
      const login = await verifier.verifySignedJwtWithCertsAsync(body.id_token, certs, 'https://service.test',
        ['accounts.google.com', 'https://accounts.google.com']);
      assert.equal(login.getPayload().sub.length, 21);
      await assert.rejects(verifier.verifyIdToken({ idToken: body.id_token, audience: 'https://other.test' }), /audience/);
      const changed = body.id_token.replace(/\.[^.]+\./, `.${Buffer.from(JSON.stringify({ aud: 'https://service.test' })).toString('base64url')}.`);
      await assert.rejects(verifier.verifyIdToken({ idToken: changed, audience: 'https://service.test' }));
    });

    test('the metadata face gives id tokens too', async () => {
      const answer = await fetch(`${control}/computeMetadata/v1/instance/service-accounts/default/identity?audience=https://service.test`, {
        headers: { 'Metadata-Flavor': 'Google' } });
      assert.equal(answer.status, 200);
      const verifier = new auth.OAuth2Client({ endpoints: { oauth2FederatedSignonPemCertsUrl: `${control}/oauth2/v1/certs` } });
      await verifier.verifyIdToken({ idToken: (await answer.text()).trim(), audience: 'https://service.test' });
    });

    test('a refresh token is used again and again, as Node’s library does', async () => {
      const code = await authorizationCode();
      const client = new auth.OAuth2Client({ clientId: 'test', clientSecret: 'test', redirectUri: 'http://localhost/callback',
        endpoints: { oauth2TokenUrl: `${control}/token`, tokenInfoUrl: `${control}/tokeninfo`, oauth2RevokeUrl: `${control}/revoke` } });
      const { tokens } = await client.getToken({ code: code.code, codeVerifier: code.verifier });
      assert.ok(tokens.refresh_token);
      client.setCredentials(tokens);
      for (let round = 0; round < 3; round += 1) {
        const { credentials } = await client.refreshAccessToken();
        assert.match(credentials.access_token, /^ya29\.mg-/);
      }
      const info = await client.getTokenInfo((await client.getAccessToken()).token);
      assert.ok(info.expiry_date > Date.now());
      await client.revokeCredentials();
    });
  });
}

test('a code is good once, with its own verifier, and to its own client', async () => {
  const exchange = ({ code, verifier }, more = {}) => tokenFor({ grant_type: 'authorization_code', code, code_verifier: verifier,
    client_id: 'test', client_secret: 'test', redirect_uri: 'http://localhost/callback', ...more });
  for (const wrong of [{ code_verifier: 'x'.repeat(54) }, { redirect_uri: 'http://localhost/elsewhere' }, { code: 'none' }]) {
    const { status, body } = await exchange(await authorizationCode(), wrong);
    assert.equal(status, 400, JSON.stringify(body));
    assert.equal(body.error, wrong.redirect_uri ? 'redirect_uri_mismatch' : 'invalid_grant');
  }
  const code = await authorizationCode();
  assert.equal((await exchange(code)).status, 200);
  const again = await exchange(code);
  assert.equal(again.status, 400);
  assert.equal(again.body.error, 'invalid_grant');
});

test('the static token is no business of the token endpoint', async () => {
  const { status, body } = await tokenFor({ grant_type: 'refresh_token', refresh_token: token, client_id: 'test', client_secret: 'test' });
  assert.equal(status, 400);
  assert.equal(body.error, 'invalid_grant');
});

async function signed(client, claims) {
  const { createSign } = await import('node:crypto');
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'RS256', typ: 'JWT', kid: key.private_key_id })}.${part(claims)}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(client.key, 'base64url')}`;
}

// What a person does in the browser: opens the consent page and agrees.
async function authorizationCode() {
  const { createHash, randomBytes } = await import('node:crypto');
  const verifier = randomBytes(40).toString('base64url');
  const parameters = new URLSearchParams({ client_id: 'test', redirect_uri: 'http://localhost/callback', response_type: 'code',
    scope: 'openid email https://www.googleapis.com/auth/cloud-platform', access_type: 'offline', state: 's1',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256' });
  const page = await fetch(`${control}/o/oauth2/v2/auth?${parameters}`);
  assert.equal(page.status, 200);
  const html = await page.text();
  const form = new URLSearchParams();
  for (const [input] of html.matchAll(/<(?:input|button)[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(input)?.[1];
    const value = (/value="([^"]*)"/.exec(input)?.[1] ?? '').replaceAll('&amp;', '&').replaceAll('&quot;', '"');
    if (name && !/deny|cancel/i.test(value) && !form.has(name)) form.set(name, value);
  }
  const action = (/<form[^>]*action="([^"]*)"/.exec(html)?.[1] ?? '').replaceAll('&amp;', '&');
  const answer = await fetch(new URL(action || page.url, page.url), { method: 'POST', body: form, redirect: 'manual',
    headers: { cookie: (page.headers.getSetCookie() ?? []).map((each) => each.split(';')[0]).join('; ') } });
  assert.ok([302, 303].includes(answer.status), `${answer.status} ${await answer.text()}`);
  const back = new URL(answer.headers.get('location'));
  assert.equal(back.searchParams.get('state'), 's1');
  return { code: back.searchParams.get('code'), verifier };
}

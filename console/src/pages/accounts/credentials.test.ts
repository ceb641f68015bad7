import { describe, expect, it } from 'vitest';
import { aboutOf, isWeight, nameFrom, readCredential, sentRules } from './credentials';

describe('credentials', () => {
  it('take their name from the file', () => {
    expect(nameFrom('research-1 (copy).json')).toBe('research-1-copy-');
    expect(nameFrom('.json')).toBe('account');
    expect(nameFrom('--a.JSON')).toBe('a');
  });
  it('must be JSON objects with a type', () => {
    expect(readCredential('{')).toEqual({ wrong: 'not_json' });
    expect(readCredential('[]')).toEqual({ wrong: 'not_key_file' });
    expect(readCredential('{"installed":{}}')).toEqual({ wrong: 'not_key_file' });
    expect(readCredential('{"type":"service_account"}')).toEqual({ ok: { type: 'service_account' } });
  });
  it('are told by what is no secret', () => {
    expect(aboutOf({ type: 'service_account', client_email: 'a@b', private_key: 'x' })).toBe('a@b');
    expect(aboutOf({ type: 'gemini_api_key', api_key: 'x' })).toBe('gemini_api_key');
  });
  it('send no empty members of a rule', () =>
    expect(sentRules([{ model: 'claude-*', upstream_model: '', location: ' ' }, { model: ' ' }])).toEqual([{ model: 'claude-*' }]));
  it('weigh from 1 to 1000', () => expect(['0', '1', '1000', '1001', 'x'].map(isWeight)).toEqual([false, true, true, false, false]));
});

import { expect, it } from 'vitest';
import { formOf, termsOf, type Terms } from './terms';

it('gives back what it was given', () => {
  const terms: Terms = {
    providers: ['anthropic'], models: ['claude-*'], ip_allow: ['10.0.0.0/8'], expires: '2027-01-01T00:00:00Z',
    limits: { requests_per_minute: 60, cost_per_day: '12.50' }, shadow: true, markup: '1.25', trace: true,
  };
  expect(termsOf(formOf(terms))).toEqual(terms);
});
it('is empty where nothing was said', () => expect(termsOf(formOf({}))).toEqual({}));
it('keeps amounts as text', () => {
  const form = formOf(null);
  form.limits.cost_per_month = ' 0.000000001 ';
  expect(termsOf(form)).toEqual({ limits: { cost_per_month: '0.000000001' } });
});

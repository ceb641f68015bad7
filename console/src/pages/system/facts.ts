// The server tells its parts as objects whose members differ by build and database; their names say how to read them.
import { bytes, count, duration, milliseconds } from '../../lib/format';

export interface Fact {
  name: string;
  label: string;
  kind: 'text' | 'time' | 'state';
  text: string;
  good?: boolean;
}

const kGood = /^(ok|up|connected|healthy|ready|valid|alive)$/i;

export function labelOf(name: string): string {
  const words = name.replace(/_(s|ms|bytes|at|mb)$/, '').replaceAll('_', ' ');
  if (/^(https?|url|id|ip|tls)$/.test(words)) return words.toUpperCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function factsOf(part: unknown): Fact[] {
  if (part === null || part === undefined) return [];
  if (typeof part !== 'object') return [{ name: 'state', label: 'State', kind: 'state', text: String(part), good: kGood.test(String(part)) }];
  const facts: Fact[] = [];
  for (const [name, value] of Object.entries(part)) {
    if (value === null || value === '') continue;
    const label = labelOf(name);
    if (/^(state|status)$/.test(name)) facts.push({ name, label, kind: 'state', text: String(value), good: kGood.test(String(value)) });
    else if (typeof value === 'boolean') facts.push(/^(ok|up|connected|available)$/.test(name) ? { name, label, kind: 'state', text: value ? 'ok' : 'failed', good: value } : { name, label, kind: 'text', text: value ? '✓' : '✗' });
    else if (typeof value === 'number') {
      const text = name.endsWith('_s') ? duration(value) : name.endsWith('_ms') ? milliseconds(value) : name.endsWith('bytes') ? bytes(value) : count(value);
      facts.push({ name, label, kind: 'text', text });
    } else if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) facts.push({ name, label, kind: 'time', text: value });
    else if (Array.isArray(value)) facts.push({ name, label, kind: 'text', text: value.map((each) => (typeof each === 'object' ? JSON.stringify(each) : String(each))).join(', ') || '–' });
    else if (typeof value === 'object') facts.push(...factsOf(value).map((fact) => ({ ...fact, name: `${name}.${fact.name}`, label: `${label}: ${fact.label.toLowerCase()}` })));
    else facts.push({ name, label, kind: 'text', text: String(value) });
  }
  return facts;
}

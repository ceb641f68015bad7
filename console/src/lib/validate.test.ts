import { describe, expect, it } from 'vitest';
import { isAddressBlock, isClientName, isCount, isDollars, isModelPattern, isVirtualName } from './validate';

const each = (rule: (text: string) => boolean, good: string[], bad: string[]) => {
  it.each(good)('takes %j', (text) => expect(rule(text)).toBe(true));
  it.each(bad)('refuses %j', (text) => expect(rule(text)).toBe(false));
};

describe('dollars', () => each(isDollars, ['0', '12.50', '0.000000001'], ['', '-1', '1e3', '1.0000000001', '1,5', '.5']));
describe('counts', () => each(isCount, ['1', '1000000000000'], ['0', '-1', '1.5', '', '10000000000000000']));
describe('models', () => each(isModelPattern, ['claude-*', '*', 'gemini-2.5-pro'], ['', 'a*b', 'a b', '**']));
describe('clients', () => each(isClientName, ['ann', 'map:0a1b', 'a@b.c', '_x'], ['', '-a', 'a b', 'ä']));
describe('virtual accounts', () => each(isVirtualName, ['laptop', 'a-1'], ['', 'Laptop', '1a', 'a_b']));
describe('addresses', () =>
  each(
    isAddressBlock,
    ['10.0.0.0/8', '127.0.0.1', '2001:db8::/32', '::1', '::', '::ffff:10.0.0.1', '1:2:3:4:5:6:7:8'],
    ['', '10.0.0/8', '10.0.0.256', '10.0.0.0/33', '::1::', '2001:db8::/129', '10.0.0.0/8/8', '1:2:3:4:5:6:7', 'localhost', '01.2.3.4'],
  ));

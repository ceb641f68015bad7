// The same rules as the server's, so that a mistake shows as it is typed. The server has the last word.
export const isDollars = (text: string): boolean => /^\d{1,10}(\.\d{1,9})?$/.test(text.trim());
export const isCount = (text: string): boolean => /^[1-9]\d{0,12}$/.test(text.trim());

/** A name, or its beginning and `*`. */
export const isModelPattern = (text: string): boolean => /^[\x21-\x29\x2b-\x7e]*\*?$/.test(text) && text.length > 0;

export const isClientName = (text: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9._@+:-]{0,127}$/.test(text);
export const isUserName = (text: string): boolean => /^[A-Za-z0-9_@][A-Za-z0-9._@+-]{0,63}$/.test(text);
export const isVirtualName = (text: string): boolean => /^[a-z][a-z0-9-]{0,62}$/.test(text);
export const isEmail = (text: string): boolean => /^[\x21-\x3f\x41-\x7e]+@[\x21-\x3f\x41-\x7e]+$/.test(text) && text.length <= 254;

function isIPv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function isIPv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  let size = groups.length;
  const last = groups.at(-1);
  if (last?.includes('.')) {
    if (!isIPv4(last)) return false;
    groups.pop();
    size++;
  }
  return groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group)) && (halves.length === 2 ? size < 8 : size === 8);
}

/** One address, or a block such as 10.0.0.0/8. */
export function isAddressBlock(text: string): boolean {
  const [address = '', bits, more] = text.split('/');
  if (more !== undefined) return false;
  const four = isIPv4(address);
  if (!four && !isIPv6(address)) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (four ? 32 : 128));
}

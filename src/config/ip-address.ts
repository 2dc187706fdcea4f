/** node:net's tests of addresses. Loaded when one is first asked for: node:net brings all of Node's streams, 2 ms. */
const net = () => process.getBuiltinModule('node:net');

export const isIPv4 = (text: string): boolean => net().isIPv4(text);
export const isIPv6 = (text: string): boolean => net().isIPv6(text);

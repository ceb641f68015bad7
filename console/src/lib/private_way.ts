/** Whether a password may travel as it is: over TLS, or within this machine. */
export const isPrivateWay = (protocol: string, host: string): boolean => protocol === 'https:' || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(host);

/**
 * The name in a Host header or in a URL, without its port, as URLs write it; undefined if it is not one.
 *
 * @example
 * hostName('LocalHost:8080'); // 'localhost'
 * hostName('[::1]:8080'); // '[::1]'
 */
export function hostName(host: string): string | undefined {
  // A URL would also take a user, a path and a query.
  if (!/^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?$/i.test(host)) return undefined;
  try {
    return new URL(`http://${host}`).hostname.replace(/\.$/, '');
  } catch {
    return undefined;
  }
}

/** Whether a name from `hostName` stands for the machine itself. */
export const isLoopback = (name: string): boolean =>
  name === 'localhost' ||
  name.endsWith('.localhost') || // RFC 6761
  /^127\.\d+\.\d+\.\d+$/.test(name) ||
  name === '[::1]' ||
  /^\[::ffff:7f[\da-f]{2}:[\da-f]{1,4}\]$/.test(name);

/**
 * The origin of a web page as browsers write it, `null` or `*`; undefined for a URL with a path, and for what is no URL.
 *
 * @example
 * originOf('https://App.example.com/'); // 'https://app.example.com'
 */
export function originOf(text: string): string | undefined {
  if (text === '*' || text === 'null') return text;
  const [, origin] = /^([a-z][\w+.-]*:\/\/[^/?#@\s]+)\/?$/i.exec(text) ?? [];
  return origin?.toLowerCase();
}

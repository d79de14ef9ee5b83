import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP, isIPv4 } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Headers by which proxies tell whom they speak for. */
const OF_PROXIES = ['forwarded', 'via', 'x-real-ip', 'x-client-ip', 'true-client-ip', 'cf-connecting-ip'];

/** @param address of a socket; undefined once it is closed */
export function isLoopback(address: string | undefined): boolean {
  const version = address === undefined ? 0 : isIP(address);
  // Of an IPv4 address within IPv6 the list knows too.
  return version !== 0 && LOOPBACK.check(address as string, version === 4 ? 'ipv4' : 'ipv6');
}

export function isProxied(headers: IncomingHttpHeaders): boolean {
  return Object.keys(headers).some((name) => OF_PROXIES.includes(name) || name.startsWith('x-forwarded-'));
}

/**
 * Whether a page of another origin may have sent this: browsers on this machine are loopback peers too. A name that somebody
 * let point here (DNS rebinding) stands in Host, whatever else the browser takes for the same origin.
 */
export function isOfForeignPage(headers: IncomingHttpHeaders): boolean {
  const host = urlOf(`http://${headers.host ?? ''}`);
  if (!host || !isLoopbackName(host.hostname)) return true;
  const { origin } = headers;
  if (origin !== undefined && urlOf(origin)?.host !== host.host) return true;
  return !['same-origin', 'none', undefined].includes(headers['sec-fetch-site'] as string | undefined);
}

export function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost') || isLoopback(name.replace(/^\[(.*)\]$/, '$1'));
}

function urlOf(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

/** Whose failures count together: of IPv6 a network of 64 bits, which is what one customer has. */
export function networkOf(address: string | undefined): string {
  if (address === undefined) return '';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return mapped[1];
  if (isIPv4(address) || isIP(address) === 0) return address;
  const [head, tail] = address.split('%')[0].split('::');
  const left = head.split(':').filter(Boolean);
  const right = tail?.split(':').filter(Boolean) ?? [];
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`;
}

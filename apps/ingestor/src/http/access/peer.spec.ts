import { describe, expect, it } from 'vitest';
import { isLoopback, isOfForeignPage, isProxied, networkOf } from './peer.js';

describe('a peer', () => {
  it.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1'])(
    'at %s is this machine',
    (address) => {
      expect(isLoopback(address)).toBe(true);
    },
  );

  it.each([
    undefined,
    '',
    'localhost',
    '0.0.0.0',
    '128.0.0.1',
    '10.0.0.1',
    '::',
    '::2',
    '::ffff:10.0.0.1',
    'fe80::1%eth0',
    '127.0.0.1.evil.example',
  ])('at %s is not', (address) => {
    expect(isLoopback(address)).toBe(false);
  });

  it.each(['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Proto', 'Via', 'X-Real-IP'])(
    'that sends %s is a proxy',
    (name) => {
      expect(isProxied({ host: 'localhost', [name.toLowerCase()]: '' })).toBe(true);
      expect(isProxied({ host: 'localhost', forwarding: 'x', 'x-forward': 'y' })).toBe(false);
    },
  );

  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::7', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    [undefined, ''],
  ])('at %s counts as %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe('a request without a key', () => {
  it.each([
    { host: 'localhost:8080' },
    { host: 'LOCALHOST' },
    { host: 'api.localhost:1' },
    { host: '127.0.0.1:8080' },
    { host: '[::1]:8080' },
    { host: 'localhost:8080', origin: 'http://localhost:8080', 'sec-fetch-site': 'same-origin' },
    { host: 'localhost', 'sec-fetch-site': 'none' },
  ])('is of this machine with %j', (headers) => {
    expect(isOfForeignPage(headers)).toBe(false);
  });

  it.each([
    {},
    { host: '' },
    { host: 'evil.example:8080' },
    { host: 'localhost.evil.example' },
    { host: 'localhost:8080@evil.example' },
    { host: '0.0.0.0:8080' },
    { host: '192.168.0.7' },
    { host: 'evil.example', origin: 'http://evil.example' },
    { host: 'localhost:8080', origin: 'http://localhost:3000' },
    { host: 'localhost:8080', origin: 'https://evil.example' },
    { host: 'localhost:8080', origin: 'null' },
    { host: 'localhost:8080', origin: '' },
    { host: 'localhost:8080', 'sec-fetch-site': 'cross-site' },
    { host: 'localhost:8080', 'sec-fetch-site': 'same-site' },
  ])('may be of a foreign page with %j', (headers) => {
    expect(isOfForeignPage(headers)).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import { hashSecret, mintApiKey, parseApiKey } from './api-key.js';

describe('an API key', () => {
  it('is read back from its text, and its hash is that of the secret half', () => {
    // Secrets hold `_` and `-` in about half of the keys.
    for (let count = 0; count < 50; count++) {
      const { id, key, hash } = mintApiKey();
      const parsed = parseApiKey(key);
      expect(parsed).toEqual({ id, secret: key.slice(16) });
      expect(hashSecret(parsed?.secret ?? '')).toEqual(hash);
      expect(hash).toHaveLength(32);
    }
  });

  it('is another one each time', () => {
    const minted = Array.from({ length: 50 }, mintApiKey);
    expect(new Set(minted.map(({ id }) => id)).size).toBe(50);
    expect(new Set(minted.map(({ hash }) => hash.toString('hex'))).size).toBe(50);
  });

  it.each(['', 'mr_', 'mr_short_secret', `${mintApiKey().key}x`, ` ${mintApiKey().key}`, mintApiKey().key.slice(1)])(
    'is not %j',
    (text) => {
      expect(parseApiKey(text)).toBeNull();
    },
  );
});

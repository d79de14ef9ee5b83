import { hash, randomBytes, randomInt } from 'node:crypto';

const PREFIX = 'mr';
const ID_ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_CHARACTERS = 12;
const SECRET_BYTES = 32;
/** The prefix lets scanners of leaked secrets know one. 43 characters of base64url are 32 bytes. */
const API_KEY = /^mr_([0-9A-Za-z]{12})_([A-Za-z0-9_-]{43})$/;

/** Stands in a key's datasets for all of them. */
export const ALL_DATASETS = '*';

/** Unrevoked keys at most: who reads them anew every second holds all of them. */
export const MAX_API_KEYS = 1000;

/** What `millrace.api_keys` holds of a key, and the key itself, which nobody holds but its owner. */
export interface MintedKey {
  /** 12 characters of base62: names the key in logs and commands, and is no secret. */
  id: string;
  /** `mr_<id>_<secret>` */
  key: string;
  hash: Buffer;
}

export function mintApiKey(): MintedKey {
  const id = Array.from({ length: ID_CHARACTERS }, () => ID_ALPHABET[randomInt(ID_ALPHABET.length)]).join('');
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return { id, key: `${PREFIX}_${id}_${secret}`, hash: hashSecret(secret) };
}

/** @returns null for what is no key by its form */
export function parseApiKey(text: string): { id: string; secret: string } | null {
  const match = API_KEY.exec(text);
  return match && { id: match[1], secret: match[2] };
}

/**
 * SHA-256. A slow hash protects passwords, which can be guessed; of 256 random bits nothing can be guessed at any speed, and
 * a slow hash would only let strangers make the server work.
 */
export function hashSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

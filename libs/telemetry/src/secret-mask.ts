const MASK = '***';

/** A shorter one may well be a word that stands elsewhere: only its known places are masked. */
const LENGTH_MIN = 10;

/** `scheme://user:password@`: what stands before the last @ of a word. */
const URL_PASSWORD = /\b([a-z][a-z0-9+.-]*:\/\/[^\s"'`<>:@/?#]*):[^\s"'`<>]*@/gi;
const PARAMETER = /([?&](?:ssl)?password=)[^\s"'`<>&#]+/gi;

const known = new Set<string>();

/** A value that no line of ours may hold from now on, also as JSON or a URL spells it. */
export function rememberSecret(value: string): void {
  if (value.length < LENGTH_MIN) return;
  for (const spelling of [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)]) known.add(spelling);
}

/** The text without passwords of URLs, and without any secret that this process has read. */
export function maskSecrets(text: string): string {
  let masked = text.includes('://') ? text.replace(URL_PASSWORD, `$1:${MASK}@`).replace(PARAMETER, `$1${MASK}`) : text;
  for (const secret of known) {
    if (masked.includes(secret)) masked = masked.replaceAll(secret, MASK);
  }
  return masked;
}

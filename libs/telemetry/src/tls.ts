import { createSecureContext, type SecureContextOptions } from 'node:tls';

/** Why a TLS connection was refused, by either side. */
export interface TlsRefusal {
  /** For people, about the server: `its certificate has expired`. */
  reason: string;
  /** authority: ours do not include its own. identity: it is another one's certificate. client: it does not take ours. */
  kind: 'authority' | 'identity' | 'validity' | 'client' | 'no_tls';
}

const AUTHORITY =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|UNABLE_TO_VERIFY_LEAF_SIGNATURE|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED|CERT_CHAIN_TOO_LONG|INVALID_CA|INVALID_PURPOSE|CERT_REJECTED|CERT_REVOKED)$/;
const NO_TLS = /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNKNOWN_PROTOCOL)$/;
const CLIENT = /^ERR_SSL_.*ALERT_.*(CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE|ACCESS_DENIED)/;

/**
 * What a certificate or its lack led to; undefined for errors of any other kind, such as a server that went away.
 * @param code of Node's error, e.g. `CERT_HAS_EXPIRED` @param message of the same
 */
export function tlsRefusal(code: string, message: string): TlsRefusal | undefined {
  if (code === 'CERT_HAS_EXPIRED') return { kind: 'validity', reason: 'its certificate has expired' };
  if (code === 'CERT_NOT_YET_VALID') {
    return { kind: 'validity', reason: 'its certificate is not valid yet (do the clocks agree?)' };
  }
  if (AUTHORITY.test(code)) {
    return {
      kind: 'authority',
      reason: `its certificate is not signed by an authority that is trusted here (${code})`,
    };
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names =
      /altnames: (?:Host: \S+ is not in the cert's altnames: |IP: \S+ is not in the cert's list: ?)(.*)$/.exec(message);
    return { kind: 'identity', reason: `its certificate is for another name${names?.[1] ? ` (${names[1]})` : ''}` };
  }
  if (NO_TLS.test(code)) return { kind: 'no_tls', reason: 'what it answers is not TLS' };
  if (CLIENT.test(code)) {
    return { kind: 'client', reason: `it takes no connection without a client certificate that it trusts (${code})` };
  }
  return undefined;
}

/** Whether certificate and key can be used and belong together. @param where what names them @returns for people, never a key */
export function tlsProblems(options: SecureContextOptions, where: string): string[] {
  try {
    createSecureContext(options);
    return [];
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (/BAD_DECRYPT|PASSWORD|PASSPHRASE/i.test(`${code} ${message}`))
      return [`${where}: the key's password is missing or wrong`];
    if (/KEY_VALUES_MISMATCH/.test(code)) return [`${where}: the key does not belong to the certificate`];
    return [`${where}: no PEM of a certificate and its key (${code || message})`];
  }
}

import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

/** PEM, the key as unencrypted PKCS #8. */
export interface Certificate {
  cert: string;
  key: string;
}

// Its types name the browser's Crypto, which Node's is.
x509.cryptoProvider.set(webcrypto as never);

const generateKeys = () =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;

const pemOfKey = async (key: webcrypto.CryptoKey) =>
  `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;

/** Signs certificates; trusted by whoever is given its `cert`. */
export class Authority {
  private constructor(
    private readonly own: x509.X509Certificate,
    private readonly keys: webcrypto.CryptoKeyPair,
  ) {}

  static async create(name: string): Promise<Authority> {
    const keys = await generateKeys();
    const extensions = [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ];
    const options = { serialNumber: serial(), name: `CN=${name}`, signingAlgorithm: ALGORITHM, keys, extensions };
    return new Authority(await x509.X509CertificateGenerator.createSelfSigned(options), keys);
  }

  get cert(): string {
    return `${this.own.toString('pem')}\n`;
  }

  /** @param names hosts and addresses, or the one name of a client @param days how long it is valid; negative: it was, until so long ago */
  async issue(names: string[], days = 1): Promise<Certificate> {
    const keys = await generateKeys();
    const now = Date.now();
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serial(),
      subject: `CN=${names[0]}`,
      issuer: this.own.subject,
      notBefore: new Date(now - 30 * DAY_MS),
      notAfter: new Date(now + days * DAY_MS),
      signingAlgorithm: ALGORITHM,
      publicKey: keys.publicKey,
      signingKey: this.keys.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
        new x509.SubjectAlternativeNameExtension(
          names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
        ),
      ],
    });
    return { cert: `${certificate.toString('pem')}\n`, key: await pemOfKey(keys.privateKey) };
  }
}

/** Positive, as DER wants it. */
const serial = () => `01${randomBytes(8).toString('hex')}`;

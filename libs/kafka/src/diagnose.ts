import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { hostOf, type KafkaSecurity } from './security.js';

const TIMEOUT_MS = 2000;
const SASL_HANDSHAKE = 17;
const CORRELATION_ID = 0x6d696c6c;
const UNSUPPORTED_MECHANISM = 33;
const ANSWER_BYTES_MAX = 1024;

interface Answer {
  /** Empty: it takes no SASL here. */
  mechanisms: string[];
}

/**
 * Why brokers that can be reached do not serve us, where it lies in KAFKA_SECURITY_PROTOCOL: neither clients nor brokers say so,
 * they only close the connection. Asks each broker once more, with TLS and without.
 * @returns for people; undefined when the settings are as the brokers want them, or no broker answers at all
 */
export async function protocolProblem(
  brokers: readonly string[],
  security: KafkaSecurity | undefined,
): Promise<string | undefined> {
  const problems = await Promise.all(brokers.map((broker) => problemOf(broker, security)));
  return problems.find((problem) => problem !== undefined);
}

async function problemOf(broker: string, security: KafkaSecurity | undefined): Promise<string | undefined> {
  const { protocol = 'PLAINTEXT', tls, sasl } = security ?? {};
  const [plain, secure] = await Promise.all([ask(() => openPlain(broker)), ask(() => openTls(broker, tls))]);
  const answer = tls ? secure : plain;
  const other = tls ? plain : secure;
  if (!answer && !other) return undefined;
  if (!answer && other) {
    const speaks = tls ? 'speaks no TLS' : 'speaks TLS only';
    return advise(
      broker,
      speaks,
      protocol,
      `${other.mechanisms.length > 0 ? 'SASL_' : ''}${tls ? 'PLAINTEXT' : 'SSL'}`,
    );
  }
  const mechanisms = answer?.mechanisms ?? [];
  const transport = tls ? 'SSL' : 'PLAINTEXT';
  if (mechanisms.length > 0 && !sasl) {
    return advise(broker, `wants a user (SASL by ${mechanisms.join(', ')})`, protocol, `SASL_${transport}`);
  }
  if (mechanisms.length === 0 && sasl) return advise(broker, 'takes no SASL', protocol, transport);
  return undefined;
}

const advise = (broker: string, what: string, protocol: string, right: string) =>
  `Kafka at ${broker} ${what}, but KAFKA_SECURITY_PROTOCOL is ${protocol}: set it to ${right}`;

function openPlain(broker: string): Socket {
  const { host, port } = addressOf(broker);
  return connectPlain({ host, port });
}

/** Whose certificate it is does not matter here: nothing of ours is sent. */
function openTls(broker: string, tls: KafkaSecurity['tls']): Socket {
  const { host, port } = addressOf(broker);
  const servername = isIP(host) ? {} : { servername: host };
  return connectTls({ ...tls, host, port, ...servername, rejectUnauthorized: false });
}

function addressOf(broker: string): { host: string; port: number } {
  return { host: hostOf(broker), port: Number(broker.slice(broker.lastIndexOf(':') + 1)) };
}

/** Asks for a mechanism that nobody has: who knows SASL tells those that it has, without logging a failure to authenticate. */
function ask(open: () => Socket): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const socket = open();
    let received = Buffer.alloc(0);
    const end = (answer: Answer | undefined) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(TIMEOUT_MS, () => end(undefined));
    socket.on('error', () => end(undefined));
    socket.on('close', () => end(undefined));
    socket.on('data', (data: Buffer) => {
      received = Buffer.concat([received, data]);
      const answer = readAnswer(received);
      if (answer !== 'incomplete') end(answer);
    });
    // Waits for the handshake by itself where there is one.
    socket.write(handshake());
  });
}

function handshake(): Buffer {
  const mechanism = Buffer.from('MILLRACE-PROBE');
  const request = Buffer.alloc(16 + mechanism.length);
  request.writeInt32BE(request.length - 4, 0);
  request.writeInt16BE(SASL_HANDSHAKE, 4);
  request.writeInt16BE(1, 6);
  request.writeInt32BE(CORRELATION_ID, 8);
  // No client id.
  request.writeInt16BE(-1, 12);
  request.writeInt16BE(mechanism.length, 14);
  mechanism.copy(request, 16);
  return request;
}

/** @returns undefined: not Kafka, or not this way */
function readAnswer(bytes: Buffer): Answer | undefined | 'incomplete' {
  if (bytes.length < 4) return 'incomplete';
  const size = bytes.readInt32BE(0);
  if (size < 10 || size > ANSWER_BYTES_MAX) return undefined;
  if (bytes.length < 4 + size) return 'incomplete';
  if (bytes.readInt32BE(4) !== CORRELATION_ID) return undefined;
  if (bytes.readInt16BE(8) !== UNSUPPORTED_MECHANISM) return { mechanisms: [] };
  const mechanisms: string[] = [];
  let offset = 14;
  for (let left = bytes.readInt32BE(10); left > 0 && offset + 2 <= bytes.length; left--) {
    const end = offset + 2 + bytes.readInt16BE(offset);
    mechanisms.push(bytes.toString('utf8', offset + 2, end));
    offset = end;
  }
  return { mechanisms };
}

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { INBOX_PARTITIONS } from '@millrace/contracts';
import { KafkaClient } from '@millrace/kafka';

const TOPIC = 'inbox.sales';
/** No row has it, and none has to be a line. */
const END = Buffer.from([0x1e]);
const FORMATS = ['json', 'csv'];

/** kcat where it is installed, else Millrace's own client. */
export function kafkaProducer(brokers, rows) {
  return isInstalled() ? new KcatProducer(brokers, rows) : new OwnProducer(brokers, rows);
}

function isInstalled() {
  try {
    execFileSync('kcat', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Single rows as messages through kcat's standard input, with its defaults. */
class KcatProducer {
  client = 'kcat';
  batch_rows = 1;
  #made = 0;

  constructor(brokers, rows) {
    this.rows = rows;
    const args = ['-P', '-b', brokers, '-t', TOPIC, '-D', '\\x1e'];
    this.kcat = spawn('kcat', args, { stdio: ['pipe', 'ignore', 'inherit'] });
    this.exited = once(this.kcat, 'exit');
    this.kcat.stdin.on('error', () => {});
  }

  hand(count) {
    for (let row = 0; row < count; row++) {
      const message = this.rows.nextMessage(FORMATS[this.#made++ % FORMATS.length]);
      this.rows.handOver();
      this.kcat.stdin.write(Buffer.concat([message, END]));
    }
  }

  async settled() {
    if (this.kcat.exitCode !== null) throw new Error(`kcat ended with ${this.kcat.exitCode}`);
  }

  /** kcat ends once everything is acknowledged. */
  async close() {
    this.kcat.stdin.end();
    const [code] = await this.exited;
    if (code !== 0) throw new Error(`kcat ended with ${code}`);
  }
}

/** Single rows as messages through libs/kafka. */
class OwnProducer {
  client = 'libs/kafka (kcat is not installed)';
  batch_rows = 1;
  #under_way = new Set();
  #made = 0;

  constructor(brokers, rows) {
    this.rows = rows;
    this.kafka = new KafkaClient({ brokers: brokers.split(','), clientId: 'bench' });
    this.publisher = this.kafka.inboxProducer();
  }

  hand(count) {
    for (let row = 0; row < count; row++) {
      const number = this.#made++;
      const value = this.rows.nextMessage(FORMATS[number % FORMATS.length]);
      this.rows.handOver();
      const message = { topic: TOPIC, partition: number % INBOX_PARTITIONS, value };
      const sent = this.publisher
        .then((publisher) => publisher.publish(message))
        .finally(() => this.#under_way.delete(sent));
      sent.catch(() => {});
      this.#under_way.add(sent);
    }
  }

  async settled() {
    await Promise.all(this.#under_way);
  }

  async close() {
    await (await this.publisher).close();
    await this.kafka.close();
  }
}

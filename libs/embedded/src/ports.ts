import { randomInt } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import getPort, { clearLockedPorts, portNumbers } from 'get-port';

export interface Ports {
  kafka: number;
  kafka_controller: number;
  postgres: number;
}

// Below the range from which systems take ports for outgoing connections: no client steals a port while its server restarts.
const FIRST = 20_000;
const LAST = 29_999;

/** The ports remembered in `file` as far as they are free on loopback, others in place of those taken; remembers them. */
export async function choosePorts(file: string): Promise<Ports> {
  const remembered = await readPorts(file);
  clearLockedPorts();
  const choose = (port: number | undefined) =>
    getPort({ host: '127.0.0.1', port: [...(port ? [port] : []), ...portNumbers(randomInt(FIRST, LAST), LAST)] });
  const ports: Ports = {
    kafka: await choose(remembered.kafka),
    kafka_controller: await choose(remembered.kafka_controller),
    postgres: await choose(remembered.postgres),
  };
  await writeFile(file, JSON.stringify(ports));
  return ports;
}

async function readPorts(file: string): Promise<Partial<Ports>> {
  try {
    const ports = JSON.parse(await readFile(file, 'utf8')) as Partial<Ports>;
    const valid = Object.entries(ports).filter(([, port]) => Number.isInteger(port) && port > 1023 && port < 65_536);
    return Object.fromEntries(valid);
  } catch {
    return {};
  }
}

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LogFile } from './log-file.js';
import { isAlive } from './process.js';
import { Service } from './service.js';

// Real child processes: small scripts that keep the contract of a service (listening over the channel, /health/ready).
const READY = `
import { createServer } from 'node:http';
const server = createServer((_, answer) => answer.end());
server.listen(Number(process.env.MILLRACE_HTTP_PORT), '127.0.0.1', () => process.send({ type: 'listening', port: server.address().port }));
process.on('disconnect', () => process.exit());
console.log('started as ' + process.env.MILLRACE_INSTANCE);
`;
const RENEWED = `
import { existsSync, writeFileSync } from 'node:fs';
const mark = import.meta.dirname + '/renewed';
if (!existsSync(mark)) {
  writeFileSync(mark, '');
  process.exit(75);
}
${READY}`;
const DEAF = `${READY}\nprocess.on('SIGTERM', () => console.log('heard'));`;

let directory: string;
let service: Service | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-service-'));
});

afterEach(async () => {
  await service?.stop(0);
  service = undefined;
  rmSync(directory, { recursive: true, force: true });
});

function launch(source: string, port?: number): Service {
  const script = join(directory, 'main.mjs');
  writeFileSync(script, source);
  service = new Service({
    name: 'cleaner',
    instance: 'cleaner-1',
    script,
    environment: { ...process.env, MILLRACE_INSTANCE: 'cleaner-1' },
    log: new LogFile(join(directory, 'cleaner-1.log')),
    changed: () => undefined,
    port,
  });
  service.start();
  return service;
}

const untilRunning = (of: Service) =>
  vi.waitFor(() => expect(of.record.state).toBe('running'), { timeout: 20_000, interval: 20 });

describe('Service', () => {
  it('is running once it says that it is ready, and its output goes to its log', async () => {
    const { record, logPath } = await started(READY);
    expect(record).toMatchObject({ restarts: 0, port: expect.any(Number), pid: expect.any(Number) });
    await vi.waitFor(() => expect(readFileSync(logPath, 'utf8')).toContain('started as cleaner-1'));
  });

  it('comes back with a new pid after a kill -9', async () => {
    const { record } = await started(READY);
    const before = record.pid as number;
    process.kill(before, 'SIGKILL');
    await vi.waitFor(() => expect(record).toMatchObject({ state: 'running', restarts: 1 }), { timeout: 20_000 });
    expect(record.pid).not.toBe(before);
    expect(isAlive(before)).toBe(false);
  });

  it('comes back at once, and uncounted, when it ends for new datasets', async () => {
    const { record, logPath } = await started(RENEWED);
    expect(record).toMatchObject({ state: 'running', restarts: 0 });
    await vi.waitFor(() => expect(readFileSync(logPath, 'utf8')).toContain('started as cleaner-1'));
    expect(readFileSync(logPath, 'utf8')).toContain('ended for new datasets');
  });

  it('keeps its port over a restart, so that clients find it again', async () => {
    const { record } = await started(READY);
    const { port, pid } = record;
    process.kill(pid as number, 'SIGKILL');
    await vi.waitFor(() => expect(record).toMatchObject({ state: 'running', restarts: 1 }), { timeout: 20_000 });
    expect(record.port).toBe(port);
  });

  it('takes another port when its own is taken meanwhile', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const { record } = await started(READY, port);
    expect(record.port).toBeGreaterThan(0);
    expect(record.port).not.toBe(port);
    other.close();
  });

  it('has the port that it is given', async () => {
    const port = await unusedPort();
    expect((await started(READY, port)).record.port).toBe(port);
  });

  it('is killed when it does not end by itself, and is not started again', async () => {
    const running = await started(DEAF);
    const pid = running.record.pid as number;
    await running.stop(100);
    expect(running.record).toMatchObject({ state: 'stopped', pid: null, restarts: 0 });
    expect(isAlive(pid)).toBe(false);
  });

  it('counts the deaths of a script that never becomes ready', async () => {
    const failing = launch('throw new Error("no configuration")');
    await vi.waitFor(() => expect(failing.record.restarts).toBeGreaterThan(1), { timeout: 20_000 });
    expect(readFileSync(failing.logPath, 'utf8')).toContain('no configuration');
  });
});

async function started(source: string, port?: number): Promise<Service> {
  const launched = launch(source, port);
  await untilRunning(launched);
  return launched;
}

async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

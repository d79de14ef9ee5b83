import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { until } from '../harness/until.js';
import { PROMETHEUS } from './rule-files.js';

/** A target as service discovery gives it: the labels are those that the scrape config's relabelling begins from. */
export interface DiscoveredTarget {
  address: string;
  labels: Record<string, string>;
}

export interface Series {
  metric: Record<string, string>;
  /** Of an instant query. */
  value?: [number, string];
  /** Of a range. */
  values?: [number, string][];
}

interface ScrapeConfig {
  job_name: string;
  dns_sd_configs?: unknown;
  http_sd_configs?: unknown;
  static_configs?: { targets: string[] }[];
}

/** How often it scrapes and evaluates, instead of what the config says. */
const INTERVAL = '1s';

/** @throws where there is none, with what to do */
export function requirePrometheus(): void {
  if (!spawnSync('prometheus', ['--version']).error) return;
  throw new Error('prometheus is not on PATH: install it, e.g. `apt-get install prometheus`');
}

/** A real Prometheus with the project's own rules and scrape config, of which only targets and intervals are replaced. */
export class PrometheusServer {
  private readonly directory = mkdtempSync(join(tmpdir(), 'millrace-prometheus-'));
  private process: ChildProcess | undefined;
  private discovery: Server | undefined;
  private log = '';
  private port = 0;

  /** @param targets asked for again and again */
  static async start(targets: () => DiscoveredTarget[]): Promise<PrometheusServer> {
    const server = new PrometheusServer();
    try {
      await server.launch(targets);
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    const { process: child } = this;
    if (child?.exitCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
    this.discovery?.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** @throws Error with what Prometheus says of the query */
  async get<T>(path: string, params: Record<string, string> = {}): Promise<T> {
    const body = new URLSearchParams(params);
    const response = await fetch(`http://127.0.0.1:${this.port}/api/v1/${path}?${body}`);
    const answer = (await response.json()) as { status: string; data: T; error?: string };
    if (answer.status !== 'success') throw new Error(`${answer.error}: ${JSON.stringify(params)}`);
    return answer.data;
  }

  async query(query: string): Promise<Series[]> {
    return (await this.get<{ result: Series[] }>('query', { query })).result;
  }

  /** The only number that a query comes to; undefined where it comes to nothing. */
  async number(query: string): Promise<number | undefined> {
    const [series] = await this.query(query);
    return series?.value && Number(series.value[1]);
  }

  async range(query: string, from_s: number, to_s: number): Promise<Series[]> {
    const params = { query, start: String(from_s), end: String(to_s), step: '1' };
    return (await this.get<{ result: Series[] }>('query_range', params)).result;
  }

  private async launch(targets: () => DiscoveredTarget[]): Promise<void> {
    this.port = await freePort();
    const discovery = createServer((_request, response) => {
      const groups = targets().map(({ address, labels }) => ({ targets: [address], labels }));
      response.setHeader('content-type', 'application/json').end(JSON.stringify(groups));
    });
    this.discovery = discovery;
    await new Promise<void>((resolve) => discovery.listen(0, '127.0.0.1', resolve));
    const { port } = discovery.address() as AddressInfo;
    const config = this.configure(`http://127.0.0.1:${port}/`);
    const child = spawn(
      'prometheus',
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(this.directory, 'data')}`,
        `--web.listen-address=127.0.0.1:${this.port}`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.process = child;
    child.stderr.on('data', (data) => (this.log += data));
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`prometheus ended: ${this.log}`);
      const ready = await fetch(`http://127.0.0.1:${this.port}/-/ready`).catch(() => undefined);
      return ready?.ok ?? false;
    });
  }

  private configure(discovery_url: string): string {
    const config = parse(readFileSync(join(PROMETHEUS, 'prometheus.yml'), 'utf8'));
    Object.assign(config.global, {
      scrape_interval: INTERVAL,
      scrape_timeout: INTERVAL,
      evaluation_interval: INTERVAL,
    });
    for (const scrape of config.scrape_configs as ScrapeConfig[]) {
      if (scrape.job_name === 'millrace') {
        delete scrape.dns_sd_configs;
        scrape.http_sd_configs = [{ url: discovery_url, refresh_interval: INTERVAL }];
      } else {
        scrape.static_configs = [{ targets: [`127.0.0.1:${this.port}`] }];
      }
    }
    cpSync(join(PROMETHEUS, 'rules'), join(this.directory, 'rules'), { recursive: true });
    for (const name of readdirSync(join(this.directory, 'rules'))) {
      const path = join(this.directory, 'rules', name);
      writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/^(\s+interval:) .*$/gm, `$1 ${INTERVAL}`));
    }
    mkdirSync(join(this.directory, 'data'));
    const path = join(this.directory, 'prometheus.yml');
    writeFileSync(path, stringify(config));
    return path;
  }
}

async function freePort(): Promise<number> {
  const socket = createSocket();
  await new Promise<void>((resolve) => socket.listen(0, '127.0.0.1', resolve));
  const { port } = socket.address() as AddressInfo;
  await new Promise((resolve) => socket.close(resolve));
  return port;
}

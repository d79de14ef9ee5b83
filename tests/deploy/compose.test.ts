import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DCLinter } from 'dclint';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { SERVICES } from '../../apps/cli/src/scale.js';
import { DEDUPER_VARIABLES } from '../../apps/deduper/src/environment.js';
import { renderServerProperties } from '../../libs/embedded/src/kafka-config.js';
import { SERVICE_VARIABLES } from '../../libs/stage/src/environment.js';
import { bytesOf, type ComposeService, ROOT, readCompose, readEnvFile } from './compose-model.js';
import { imageConfig } from './image-file.js';
import { expectAccepted } from './known-variables.js';

const compose = readCompose();
const image = imageConfig();
const ours = Object.entries(compose.services).filter(([, { build }]) => build);
const scaled = SERVICES.map((name) => [name, compose.services[name]] as const);

/** What a container of this service has: the image's, then Compose's own. */
const environmentOf = (service: ComposeService): Record<string, string> => ({
  ...image.environment,
  ...Object.fromEntries(Object.entries(service.environment ?? {}).map(([name, value]) => [name, String(value)])),
});

describe('docker-compose.yml', () => {
  it('follows the schema of Compose and the rules of its linter', () => {
    // Of taste: the order of keys, and quotes.
    const off = [
      'service-keys-order',
      'services-alphabetical-order',
      'top-level-properties-order',
      'no-quotes-in-volumes',
      'require-quotes-in-ports',
      'service-ports-alphabetical-order',
      'service-dependencies-alphabetical-order',
      // Whoever has no registry builds it; with one, the name is enough.
      'no-build-and-image',
    ];
    const rules = Object.fromEntries(off.map((rule) => [rule, 0 as const]));
    const linter = new DCLinter({ rules, quiet: false, debug: false, exclude: [] });
    const [result] = linter.lintFiles([join(ROOT, 'docker-compose.yml')], false);
    expect(result.messages).toEqual([]);
    expect(result.filePath).toContain('docker-compose.yml');
  });

  it('lets each service be scaled: no name and no single host port of its own', () => {
    for (const [name, service] of scaled) {
      expect(service, name).not.toHaveProperty('container_name');
      expect(service, name).not.toHaveProperty('hostname');
      for (const port of service.ports ?? []) {
        const [, first, last] = /^127\.0\.0\.1:(\d+)-(\d+):8080$/.exec(port) ?? [];
        expect(Number(last) - Number(first), `${name} publishes ${port}`).toBeGreaterThanOrEqual(4);
      }
    }
    expect(scaled.filter(([, { ports }]) => ports).map(([name]) => name)).toEqual(['ingestor']);
  });

  it('publishes nothing beyond this machine', () => {
    const ports = Object.values(compose.services).flatMap((service) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(0);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it.each(scaled)('gives %s an environment that it knows, and a command of its own', (name, service) => {
    expectAccepted(environmentOf(service));
    expect(service.command).toEqual(['start', name]);
    expect(Number(environmentOf(service).MILLRACE_HTTP_PORT)).toBe(image.port);
  });

  it('mounts files that are there', () => {
    const mounts = Object.values(compose.services).flatMap(({ volumes }) => volumes ?? []);
    const sources = mounts.map((mount) => mount.split(':')[0]);
    for (const source of sources) {
      if (source.startsWith('.')) expect(existsSync(join(ROOT, source)), source).toBe(true);
      else expect(Object.keys(compose.volumes)).toContain(source);
    }
    expect(sources).toContain('./datasets');
    expect(Object.keys(compose.volumes).filter((name) => !sources.includes(name))).toEqual([]);
  });

  it('takes every secret from a file that make-secrets.sh makes, and shows none', () => {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-secrets-'));
    try {
      cpSync(join(ROOT, 'deploy/compose/make-secrets.sh'), join(directory, 'make-secrets.sh'));
      execFileSync('sh', ['make-secrets.sh'], { cwd: directory });
      const made = readdirSync(join(directory, 'secrets')).sort();
      const files = Object.values(compose.secrets).map(({ file }) => file);
      expect(files.sort()).toEqual(made.map((name) => `./deploy/compose/secrets/${name}`));
      const contents = made.map((name) => readFileSync(join(directory, 'secrets', name), 'utf8'));
      expect(contents.filter((text) => /^[\da-f]{48}$/.test(text))).toHaveLength(made.length);
      expect(new Set(contents).size).toBe(made.length);
      // The second time it leaves them alone: the database knows them by now.
      execFileSync('sh', ['make-secrets.sh'], { cwd: directory });
      expect(made.map((name) => readFileSync(join(directory, 'secrets', name), 'utf8'))).toEqual(contents);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('names in each *_FILE a secret that the service has', () => {
    const named: string[] = [];
    for (const [name, { environment = {}, secrets = [] }] of Object.entries(compose.services)) {
      for (const [variable, path] of Object.entries(environment).filter(([key]) => key.endsWith('_FILE'))) {
        expect(
          secrets.map((secret) => `/run/secrets/${secret}`),
          `${name}: ${variable}`,
        ).toContain(path);
        named.push(...secrets);
      }
    }
    expect([...new Set(named)].sort()).toEqual(Object.keys(compose.secrets).sort());
  });

  it('gives what runs our code no rights, and nothing to write to but its state', () => {
    expect(ours.map(([name]) => name).sort()).toEqual([...SERVICES, 'migrate', 'millrace'].sort());
    for (const [name, service] of ours) {
      const { read_only, cap_drop, security_opt, user, mem_limit } = service;
      expect({ read_only, cap_drop, security_opt, user }, name).toEqual({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        user: image.user,
      });
      expect(bytesOf(mem_limit ?? '')).toBeGreaterThan(0);
      const writable = [...(service.tmpfs ?? []), ...(service.volumes ?? []).filter((mount) => !mount.endsWith(':ro'))];
      for (const mount of writable) expect(mount, name).toMatch(/(^|:)\/(tmp|var\/lib\/millrace)(:|$)/);
    }
  });

  it('leaves room and time: for filters, and for the end of what is under way', () => {
    const { deduper } = compose.services;
    const filter = DEDUPER_VARIABLES.MILLRACE_FILTER_MAX_BYTES.parse(environmentOf(deduper).MILLRACE_FILTER_MAX_BYTES);
    expect(bytesOf(deduper.mem_limit!) - filter).toBeGreaterThanOrEqual(bytesOf('320m'));
    for (const [name, service] of scaled) {
      const stop_ms = SERVICE_VARIABLES.MILLRACE_STOP_MS.parse(environmentOf(service).MILLRACE_STOP_MS);
      expect(Number.parseInt(service.stop_grace_period ?? '0', 10) * 1000, name).toBeGreaterThan(stop_ms + 5000);
    }
  });

  it('migrates once, before the services, and starts again whatever ends', () => {
    const { migrate } = compose.services;
    expect(migrate).toMatchObject({ command: ['migrate'], restart: 'no' });
    expect(migrate.depends_on).toMatchObject({
      kafka: { condition: 'service_healthy' },
      postgres: { condition: 'service_healthy' },
    });
    for (const [, service] of scaled) {
      expect(service.restart).toBe('unless-stopped');
      expect(service.depends_on).toEqual({ migrate: { condition: 'service_completed_successfully' } });
    }
    const awaited = Object.values(compose.services).flatMap(({ depends_on }) => Object.entries(depends_on ?? {}));
    for (const [name, { condition }] of awaited) {
      if (condition === 'service_healthy') expect(compose.services[name].healthcheck?.test, name).toBeDefined();
    }
  });

  it('is scraped by name, every replica of every service', () => {
    const { scrape_configs } = parse(readFileSync(join(ROOT, 'deploy/prometheus/prometheus.yml'), 'utf8'));
    const [{ names, port, type }] = scrape_configs.find(({ job_name }: { job_name: string }) => job_name === 'millrace')
      .dns_sd_configs as [{ names: string[]; port: number; type: string }];
    expect(names.sort()).toEqual([...SERVICES].sort());
    expect({ port, type }).toEqual({ port: image.port, type: 'A' });
  });

  it('has brokers that take the messages that ours takes', () => {
    const properties = renderServerProperties({ kafka: 1, kafka_controller: 2, postgres: 3 });
    const embedded = Object.fromEntries(properties.split('\n').map((line) => line.split('=')));
    for (const name of ['kafka', 'kafka-2', 'kafka-3']) {
      const { environment = {} } = compose.services[name];
      expect(String(environment.KAFKA_MESSAGE_MAX_BYTES)).toBe(embedded['message.max.bytes']);
      expect(String(environment.KAFKA_REPLICA_FETCH_MAX_BYTES)).toBe(embedded['replica.fetch.max.bytes']);
      expect(environment.KAFKA_AUTO_CREATE_TOPICS_ENABLE).toBe('false');
      expect(Buffer.from(String(environment.CLUSTER_ID), 'base64url')).toHaveLength(16);
    }
  });
});

describe('deploy/compose/cluster.env', () => {
  const settings = readEnvFile('deploy/compose/cluster.env');
  const cluster = readCompose(settings);
  const brokers = Object.entries(cluster.services).filter(([, service]) => service.environment?.KAFKA_NODE_ID);

  it('makes three brokers of one, each with a part in every decision and a copy of every record', () => {
    expect(brokers.map(([name]) => name)).toEqual(['kafka', 'kafka-2', 'kafka-3']);
    const voters = brokers.map(([name, { environment }]) => `${environment?.KAFKA_NODE_ID}@${name}:9093`).join(',');
    for (const [name, { environment, profiles }] of brokers) {
      expect(environment).toMatchObject({
        KAFKA_CONTROLLER_QUORUM_VOTERS: voters,
        KAFKA_DEFAULT_REPLICATION_FACTOR: 3,
        KAFKA_MIN_INSYNC_REPLICAS: 2,
        KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: 3,
      });
      expect(environment?.KAFKA_ADVERTISED_LISTENERS).toContain(`INSIDE://${name}:9092`);
      expect(profiles).toEqual(name === 'kafka' ? undefined : [settings.COMPOSE_PROFILES]);
    }
    const published = brokers.flatMap(([, { ports }]) => ports ?? []);
    expect(new Set(published).size).toBe(3);
  });

  it('tells every service of all three', () => {
    const all = brokers.map(([name]) => `${name}:9092`).join(',');
    for (const name of [...SERVICES, 'migrate', 'millrace']) {
      expect(cluster.services[name].environment?.KAFKA_BROKERS).toBe(all);
    }
  });

  it('keeps its volumes apart from those of one broker', () => {
    expect(settings.COMPOSE_PROJECT_NAME).not.toBe(compose.name);
  });
});

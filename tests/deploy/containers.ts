import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import getPort from 'get-port';
import { imageUser, inRoot, nodeOf } from './build-image.js';
import { type ComposeService, ROOT, readCompose } from './compose-model.js';
import { imageConfig } from './image-file.js';

export interface Ended {
  exit_code: number | null;
  signal: NodeJS.Signals | null;
  output: string;
}

/** Host names of docker-compose.yml and where they really are, as `host:port`. */
export interface Hosts {
  'kafka:9092': string;
  'postgres:5432': string;
}

/** One container: its processes have the image's files, command, environment and user. */
export class Container {
  readonly lines: Record<string, unknown>[] = [];
  readonly ended: Promise<Ended>;
  private output = '';

  constructor(
    readonly name: string,
    readonly port: number,
    private readonly root: string,
    private readonly environment: Record<string, string>,
    private readonly process: ChildProcess,
  ) {
    for (const stream of [process.stdout!, process.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => this.take(line));
    }
    this.ended = new Promise((end) => {
      process.once('close', (exit_code, signal) => end({ exit_code, signal, output: this.output }));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Of its consumer group, now: each service reads by one, and tells what it got. */
  get partitions(): number {
    return Number(this.lines.findLast(({ msg }) => msg === 'assignment settled')?.partitions ?? 0);
  }

  get said(): string {
    return this.output;
  }

  signal(name: NodeJS.Signals): void {
    this.process.kill(name);
  }

  /** Another process in it, as `docker exec` and health checks do. */
  async exec(command: string[]): Promise<Ended> {
    const child = spawnIn(this.root, this.environment, command);
    return new Container(`${this.name} exec`, this.port, this.root, this.environment, child).ended;
  }

  private take(line: string): void {
    this.output += `${line}\n`;
    if (line.startsWith('{')) this.lines.push(JSON.parse(line));
  }
}

export interface StartOptions {
  command?: string[];
  entrypoint?: string[];
  extra?: Record<string, string>;
}

/** Starts what docker-compose.yml describes from the root directory of a built image; host names and paths are put in their place. */
export class Containers {
  readonly running: Container[] = [];
  private readonly compose = readCompose();
  private readonly image = imageConfig();

  /** @param mounts host paths in the place of those that docker-compose.yml mounts, by the path in the container */
  constructor(
    private readonly root: string,
    private readonly hosts: Hosts,
    private readonly mounts: Record<string, string>,
  ) {}

  /**
   * @param command behind the image's entrypoint, instead of the service's own: `docker compose run`
   * @param entrypoint instead of the image's: `docker compose run --entrypoint`
   */
  async start(
    service: string,
    replica = 1,
    { command, entrypoint, extra = {} }: StartOptions = {},
  ): Promise<Container> {
    const definition = this.compose.services[service];
    const name = `${service}-${replica}`;
    const port = await getPort();
    const environment: Record<string, string> = {
      ...inRoot(this.image.environment, this.root),
      ...this.placed(definition, name),
      // Each container has its own network and host name; here they share one.
      MILLRACE_HTTP_PORT: String(port),
      MILLRACE_INSTANCE: name,
      ...extra,
    };
    const words = [...(entrypoint ?? this.image.entrypoint), ...(command ?? definition.command ?? [])];
    const container = new Container(name, port, this.root, environment, spawnIn(this.root, environment, words));
    this.running.push(container);
    return container;
  }

  /** Ends all that still run, at once. */
  async kill(): Promise<void> {
    for (const container of this.running) container.signal('SIGKILL');
    await Promise.all(this.running.map(({ ended }) => ended));
  }

  /** A service's environment, with what it mounts at the places of this machine. */
  private placed(definition: ComposeService, name: string): Record<string, string> {
    const places = new Map<string, string>();
    for (const path of definition.tmpfs ?? []) places.set(path.split(':')[0], this.directory(name, path.split(':')[0]));
    for (const volume of definition.volumes ?? []) {
      const [source, target] = volume.split(':');
      const own = () => (source.startsWith('.') ? this.mounted(source) : this.directory('volumes', source));
      places.set(target, this.mounts[target] ?? own());
    }
    places.set('/run/secrets', this.mounts['/run/secrets']);
    const image = { MILLRACE_HOME: '/var/lib/millrace', MILLRACE_DATASETS: '/etc/millrace/datasets' };
    const all = Object.entries({ ...image, ...definition.environment });
    return Object.fromEntries(all.map(([variable, value]) => [variable, this.place(String(value), places)]));
  }

  private place(value: string, places: Map<string, string>): string {
    for (const [host, real] of Object.entries(this.hosts)) value = value.replaceAll(host, real);
    for (const [path, real] of places) value = value.replace(new RegExp(`(^|=)${path}(?=/|$)`), `$1${real}`);
    return value;
  }

  /** A copy that the image's user can reach: the checkout may lie in a closed directory. */
  private mounted(source: string): string {
    const directory = join(dirname(this.root), 'state', 'mounts', source);
    cpSync(resolve(ROOT, source), directory, { recursive: true });
    return directory;
  }

  private directory(owner: string, path: string): string {
    const directory = join(dirname(this.root), 'state', owner, path);
    mkdirSync(directory, { recursive: true });
    const user = imageUser();
    if (user) chownSync(directory, user.uid, user.gid);
    chmodSync(directory, 0o700);
    return directory;
  }
}

/** @throws when it does not come to hold within three minutes: eight processes start at once */
export async function eventually(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const deadline = Date.now() + 180_000; !(await holds()); await sleep(100)) {
    if (Date.now() > deadline) throw new Error(`it never came true: ${what}`);
  }
}

function spawnIn(root: string, environment: Record<string, string>, [program, ...args]: string[]): ChildProcess {
  return spawn(program === 'node' ? nodeOf(root) : program, args, {
    cwd: join(root, imageConfig().workdir),
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...imageUser(),
  });
}

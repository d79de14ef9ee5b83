import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MillraceError } from '@millrace/contracts';
import { type HomePaths, homeMarks } from './home.js';
import { KAFKA_STARTED, type Properties, renderLogConfig, renderServerProperties } from './kafka-config.js';
import type { Ports } from './ports.js';
import { ServerProcess, type ServerSpec, type Spawned } from './server-process.js';

// Beside src and dist alike: scripts/setup.mjs puts them there.
const JARS = fileURLToPath(new URL('../kafka/jars', import.meta.url));
const START_MS = 180_000;

export interface KafkaExtras {
  /** Added to server.properties, or in the place of what stands there. Files by absolute paths. */
  properties?: (ports: Ports) => Properties;
  /** Of the directory's first formatting, e.g. `--add-scram`. */
  format_args?: readonly string[];
}

/** Formats the broker's directory where that was not done yet, starts it and waits until clients can use it. */
export async function startKafka(
  paths: HomePaths,
  ports: Ports,
  spawned: Spawned,
  { properties, format_args = [] }: KafkaExtras = {},
): Promise<void> {
  if (!existsSync(JARS)) {
    throw new MillraceError('DEPENDENCY_MISSING', `the jars of Kafka are not in ${JARS}: run "npm run setup"`);
  }
  await mkdir(paths.kafka, { recursive: true });
  await writeFile(join(paths.kafka, 'server.properties'), renderServerProperties(ports, properties?.(ports)));
  await writeFile(join(paths.kafka, 'log4j2.xml'), renderLogConfig());
  await format(paths, format_args);
  const server = ServerProcess.launch(kafkaSpec(paths));
  spawned(server);
  await server.untilReady(async () => {
    return (await server.tail()).includes(KAFKA_STARTED) && (await accepts(ports.kafka));
  }, START_MS);
}

const JVM_OPTIONS = [
  '-XX:+UseSerialGC',
  // A broker of one node moves bytes: optimising it to the last costs more of two cores than it brings back.
  '-XX:TieredStopAtLevel=1',
];

function kafkaSpec(paths: HomePaths): ServerSpec {
  return {
    name: 'kafka',
    home: paths.home,
    command: java(),
    args: [
      '-Xmx512m',
      ...JVM_OPTIONS,
      '-XX:+ExitOnOutOfMemoryError',
      '-Djava.awt.headless=true',
      '-Dlog4j2.configurationFile=log4j2.xml',
      homeMarks(paths.home).kafka,
      '-cp',
      join(JARS, '*'),
      'kafka.Kafka',
      'server.properties',
    ],
    cwd: paths.kafka,
    env: javaEnvironment(),
    output: join(paths.logs, 'kafka.out'),
    stop_steps: [
      { signal: 'SIGTERM', wait_ms: 20_000 },
      { signal: 'SIGKILL', wait_ms: 5000 },
    ],
  };
}

/** In the locale that is left where none is set, Java cannot name a file beyond ASCII, and fails to start in such a directory. */
function javaEnvironment(): NodeJS.ProcessEnv {
  const { LC_ALL, LC_CTYPE, LANG } = process.env;
  const locale = LC_ALL || LC_CTYPE || LANG || 'C';
  return /utf-?8/i.test(locale) ? process.env : { ...process.env, LC_ALL: 'C.UTF-8' };
}

async function format(paths: HomePaths, extra: readonly string[]): Promise<void> {
  if (existsSync(join(paths.kafka_data, 'meta.properties'))) return;
  const tool = ['kafka.tools.StorageTool', 'format', '-t', await clusterId(paths), '-c', 'server.properties'];
  const args = [...JVM_OPTIONS, '-cp', join(JARS, '*'), ...tool, '--ignore-formatted', ...extra];
  try {
    await promisify(execFile)(java(), args, { cwd: paths.kafka, env: javaEnvironment() });
  } catch (cause) {
    const { code, stderr, stdout } = cause as { code?: string | number; stderr?: string; stdout?: string };
    if (code === 'ENOENT') {
      throw new MillraceError('DEPENDENCY_MISSING', 'java was not found: install a Java runtime, 17 or later', {
        cause,
      });
    }
    const text = `Kafka's directory could not be formatted: ${`${stderr}${stdout}`.trim()}`;
    throw new MillraceError('EMBEDDED_START_FAILED', text, { cause });
  }
}

/** Kept outside the data, so that formatting again after a crash in mid-format gives the same cluster. */
async function clusterId(paths: HomePaths): Promise<string> {
  const file = join(paths.kafka, 'cluster-id');
  const known = await readFile(file, 'utf8').catch(() => '');
  if (/^[\w-]{22}$/.test(known)) return known;
  let id: string;
  // A leading dash would be taken for an option.
  do id = randomBytes(16).toString('base64url');
  while (id.startsWith('-'));
  await writeFile(file, id);
  return id;
}

function java(): string {
  const { JAVA_HOME } = process.env;
  const own = JAVA_HOME ? join(JAVA_HOME, 'bin', 'java') : undefined;
  return own && existsSync(own) ? own : 'java';
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.setTimeout(1000, () => end(false));
  });
}

/** Profiles the broker: by async-profiler when Maven has it, else by Java's own flight recorder. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stacksOfFolded } from './folded-stacks.mjs';

const exec = promisify(execFile);
const ARTIFACT = 'tools.profiler:async-profiler:4.1';
const UNPACK = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack';
const CACHE = join(import.meta.dirname, '../../../node_modules/.cache/millrace-bench/async-profiler-4.1');
const INTERVAL_US = 1000;
/** What the flight recorder's `profile` settings give. */
const RECORDER_INTERVAL_US = 10_000;

/**
 * @param {number} pid @param {string} directory for its files @param {(text: string) => void} note
 * @returns {Promise<() => Promise<import('./stacks.mjs').Stack[]>>} stops it and gives what was found
 */
export async function profileBroker(pid, directory, note) {
  const library = await asyncProfiler(note);
  if (library) {
    try {
      return await byAsyncProfiler(pid, library, join(directory, 'broker.folded'));
    } catch (error) {
      note(`async-profiler could not be loaded into the broker (${firstLine(error)}): the flight recorder is used`);
    }
  }
  return byFlightRecorder(pid, join(directory, 'broker.jfr'));
}

/** @returns {Promise<string | undefined>} its library, fetched once */
async function asyncProfiler(note) {
  const platform = process.platform === 'darwin' ? 'macos' : `linux-${process.arch}`;
  const library = join(CACHE, platform, 'libasyncProfiler.so');
  if (existsSync(library)) return library;
  try {
    mkdirSync(CACHE, { recursive: true });
    const args = ['-B', '-ntp', '-q', UNPACK, `-Dartifact=${ARTIFACT}`, `-DoutputDirectory=${CACHE}`];
    // It leaves marks where it is run.
    await exec('mvn', [...args, `-Dmdep.unpack.includes=${platform}/*`], { cwd: CACHE });
    if (existsSync(library)) return library;
    note(`${ARTIFACT} has no library for ${platform}: the broker is profiled by the flight recorder`);
  } catch (error) {
    note(`${ARTIFACT} cannot be fetched by Maven (${firstLine(error)}): the broker is profiled by the flight recorder`);
  }
  return undefined;
}

async function byAsyncProfiler(pid, library, file) {
  const load = (options) => jcmd(pid, 'JVMTI.agent_load', library, `"${options}"`);
  await load(`start,event=ctimer,interval=${INTERVAL_US}us,threads`);
  return async () => {
    await load(`stop,file=${file},collapsed,ann,threads`);
    return stacksOfFolded(readFileSync(file, 'utf8'), INTERVAL_US);
  };
}

async function byFlightRecorder(pid, file) {
  await jcmd(pid, 'JFR.start', 'name=millrace', 'settings=profile');
  return async () => {
    await jcmd(pid, 'JFR.stop', 'name=millrace', `filename=${file}`);
    const { stdout } = await exec(
      'jfr',
      ['print', '--json', '--events', 'jdk.ExecutionSample', '--stack-depth', '64', file],
      {
        maxBuffer: 1024 ** 3,
      },
    );
    return JSON.parse(stdout).recording.events.map(({ values }) => stackOfSample(values));
  };
}

function stackOfSample({ stackTrace, sampledThread }) {
  const frames = (stackTrace?.frames ?? []).map(({ method }) => `${method.type.name}.${method.name}_[j]`).reverse();
  return stacksOfFolded(`[${sampledThread?.javaName ?? 'thread'}];${frames.join(';')} 1`, RECORDER_INTERVAL_US)[0];
}

async function jcmd(pid, ...args) {
  const { stdout } = await exec('jcmd', [String(pid), ...args]);
  // It ends with 0 also when the agent refuses.
  if (/return code: (?!0\b)-?\d+|Exception|Could not/.test(stdout)) throw new Error(stdout.trim());
  return stdout;
}

function firstLine(error) {
  return String(error.stderr || error.message)
    .trim()
    .split('\n')[0];
}

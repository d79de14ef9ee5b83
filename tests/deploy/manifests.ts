import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { ROOT } from './compose-model.js';

const require = createRequire(import.meta.url);

export interface Container {
  name: string;
  image: string;
  args?: string[];
  env?: { name: string; value?: string; valueFrom?: unknown }[];
  envFrom?: { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  ports?: { name: string; containerPort: number }[];
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
  resources: { requests: { cpu: string; memory: string }; limits: { memory: string } };
  securityContext: Record<string, unknown>;
  [probe: `${string}Probe`]: { httpGet?: { path: string; port: string }; tcpSocket?: { port: string }; exec?: unknown };
}

export interface Volume {
  name: string;
  configMap?: { name: string };
  secret?: { secretName: string };
  persistentVolumeClaim?: { claimName: string };
  emptyDir?: object;
}

export interface PodSpec {
  containers: Container[];
  volumes?: Volume[];
  securityContext: Record<string, unknown>;
  terminationGracePeriodSeconds: number;
  enableServiceLinks: boolean;
  automountServiceAccountToken: boolean;
  topologySpreadConstraints: { labelSelector: { matchLabels: Labels } }[];
}

export type Labels = Record<string, string>;

/** One document; `spec` as its kind has it. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Labels };
  spec: {
    replicas?: number;
    selector?: { matchLabels: Labels } & Labels;
    template: { metadata: { labels: Labels; annotations?: Labels }; spec: PodSpec };
    volumeClaimTemplates?: { metadata: { name: string } }[];
    [field: string]: unknown;
  };
  data?: Record<string, string>;
  stringData?: Record<string, string>;
}

export function parseManifests(text: string): Manifest[] {
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) throw new Error('no document');
  return documents.map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS() as Manifest;
  });
}

/** What `kubectl apply -k` would apply. @param directory below deploy/kubernetes */
export function kustomize(directory: string): Manifest[] {
  const path = join(ROOT, 'deploy/kubernetes', directory);
  return parseManifests(program('kustomize', ['build', path]));
}

/** Runs a program of the machine. @throws with advice where there is none */
export function program(name: string, args: string[], input?: string): string {
  try {
    return execFileSync(name, args, { encoding: 'utf8', input, maxBuffer: 1 << 26, stdio: ['pipe', 'pipe', 'pipe'] });
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: string; stdout?: string; stderr?: string };
    if (code === 'ENOENT') throw new Error(`${name} is not on PATH: .ci/run shows how to get it`);
    throw new Error(`${name} ${args.join(' ')} failed\n${stdout}${stderr}`);
  }
}

function moduleOf({ apiVersion }: Manifest): string {
  return apiVersion.startsWith('keda.sh/')
    ? `@kubernetes-models/keda/${apiVersion}`
    : `kubernetes-models/${apiVersion}`;
}

/** Checks against the schema of the kind: what must be there, and of which type. @throws the schema's own message */
export function validate(manifest: Manifest): void {
  const model = require(moduleOf(manifest))[manifest.kind];
  if (!model) throw new Error(`no schema of ${manifest.apiVersion} ${manifest.kind}`);
  new model(manifest).validate();
}

/**
 * What the schemas let pass: fields that no kind has. The compiler finds them at any depth, by the types of the same schemas.
 * @returns its messages
 */
export function unknownFields(manifests: Manifest[]): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-manifests-'));
  try {
    symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
    const lines = manifests.map((manifest, index) => {
      const type = `import('${moduleOf(manifest)}').I${manifest.kind}`;
      return `export const m${index}: ${type} = ${JSON.stringify(manifest)};`;
    });
    writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
    writeFileSync(join(directory, 'manifests.ts'), lines.join('\n'));
    const compilerOptions = { noEmit: true, strict: true, skipLibCheck: true, module: 'nodenext', types: [] };
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['manifests.ts'] }));
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    program(process.execPath, [tsc, '--pretty', 'false', '-p', directory]);
    return [];
  } catch (error) {
    const lines = (error as Error).message.split('\n');
    const found = lines.filter((line) => line.includes('manifests.ts('));
    return found.length > 0 ? found : lines;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export const isWorkload = ({ kind }: Manifest): boolean => ['Deployment', 'StatefulSet', 'Job'].includes(kind);
/** Whether pods with these labels are chosen. */
export const selects = (selector: Labels, labels: Labels): boolean =>
  Object.entries(selector).every(([name, value]) => labels[name] === value);

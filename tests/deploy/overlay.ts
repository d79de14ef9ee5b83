import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './compose-model.js';
import { imageConfig } from './image-file.js';
import { type Container, isWorkload, kustomize, type Manifest, parseManifests, program } from './manifests.js';

const kubernetes = join(ROOT, 'deploy/kubernetes');
const image = imageConfig();

/** The overlays, each with the Secrets that are made beside it. */
export const OVERLAYS = {
  local: () => parseManifests(program('sh', [join(kubernetes, 'overlays/local/make-secrets.sh')])),
  production: () => parseManifests(readFileSync(join(kubernetes, 'overlays/production/secrets.example.yaml'), 'utf8')),
};

/** One overlay as `kubectl apply -k` would apply it. */
export class Overlay {
  readonly all: Manifest[];
  readonly secrets: Manifest[];

  constructor(readonly name: keyof typeof OVERLAYS) {
    this.all = kustomize(`overlays/${name}`);
    this.secrets = OVERLAYS[name]().filter(({ kind }) => kind === 'Secret');
  }

  of(kind: string): Manifest[] {
    return this.all.filter((manifest) => manifest.kind === kind);
  }

  named(kind: string, name: string): Manifest {
    const found = this.all.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
    if (!found) throw new Error(`${this.name} has no ${kind} ${name}`);
    return found;
  }

  get workloads(): Manifest[] {
    return this.all.filter(isWorkload);
  }

  /** Those that run our image. */
  get ours(): { name: string; manifest: Manifest; container: Container }[] {
    return this.workloads
      .filter(({ metadata }) => metadata.name.startsWith('millrace-'))
      .map((manifest) => ({
        name: manifest.metadata.name.replace('millrace-', ''),
        manifest,
        container: manifest.spec.template.spec.containers[0],
      }));
  }

  environmentOf(container: Container): Record<string, string> {
    const maps = (container.envFrom ?? []).map(({ configMapRef }) => this.named('ConfigMap', configMapRef!.name).data!);
    const own = (container.env ?? []).map(({ name, value }) => [name, value ?? 'from-the-pod'] as const);
    return Object.assign({}, image.environment, ...maps, Object.fromEntries(own));
  }
}

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from './compose-model.js';
import { program } from './manifests.js';

interface Sbom {
  bomFormat: string;
  specVersion: string;
  serialNumber: string;
  version: number;
  metadata: { timestamp: string; component: { 'bom-ref': string; name: string; version: string } };
  components: {
    'bom-ref': string;
    type: string;
    name: string;
    version: string;
    purl: string;
    hashes?: { alg: string; content: string }[];
  }[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

const packageOf = ({ purl }: { purl: string }) => decodeURIComponent(purl.replace('pkg:npm/', ''));

describe('npm run sbom', () => {
  let directory: string;
  let sbom: Sbom;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-sbom-'));
    const file = join(directory, 'sbom.cdx.json');
    program(process.execPath, [join(ROOT, 'scripts/sbom.mjs'), file]);
    sbom = JSON.parse(readFileSync(file, 'utf8'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('writes CycloneDX: components with identities, and a graph that names nothing else', () => {
    expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1 });
    expect(sbom.serialNumber).toMatch(/^urn:uuid:[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
    expect(Date.parse(sbom.metadata.timestamp)).toBeGreaterThan(0);
    const refs = sbom.components.map((component) => component['bom-ref']);
    expect(new Set(refs).size).toBe(refs.length);
    for (const component of sbom.components) {
      expect(component.type).toBe('library');
      expect(packageOf(component)).toMatch(new RegExp(`${component.name}@${component.version}$`));
    }
    const known = new Set([sbom.metadata.component['bom-ref'], ...refs]);
    const named = sbom.dependencies.flatMap(({ ref, dependsOn }) => [ref, ...dependsOn]);
    expect(named.filter((ref) => !known.has(ref))).toEqual([]);
    expect(sbom.dependencies).toHaveLength(known.size);
  });

  it('has a hash of every package that comes from a registry', () => {
    const foreign = sbom.components.filter(({ purl }) => !purl.includes('%40millrace'));
    expect(foreign.length).toBeGreaterThan(100);
    expect(foreign.filter(({ hashes }) => hashes?.[0]?.alg !== 'SHA-512')).toEqual([]);
  });

  it('names every package that production installs, and no tool of development', () => {
    const tree = JSON.parse(program('npm', ['ls', '--all', '--json', '--omit=dev', '--prefix', ROOT]));
    const installed = new Set<string>();
    const visit = (node: Tree) => {
      for (const [name, child] of Object.entries(node.dependencies ?? {})) {
        // Of another platform, so not installed.
        if (child.version) installed.add(`${name}@${child.version}`);
        // What this one fetches by itself when it is installed is in no lock file.
        if (name !== 'node') visit(child);
      }
    };
    visit(tree);
    const components = new Set(sbom.components.map(packageOf));
    expect(installed.size).toBeGreaterThan(200);
    expect([...installed].filter((name) => !components.has(name))).toEqual([]);
    const names = sbom.components.map((component) => packageOf(component).replace(/@[^@]*$/, ''));
    expect(names.filter((name) => ['vitest', 'typescript', 'dclint', '@biomejs/biome'].includes(name))).toEqual([]);
  });
});

interface Tree {
  version?: string;
  dependencies?: Record<string, Tree>;
}

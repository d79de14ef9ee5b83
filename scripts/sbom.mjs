// `npm run sbom [FILE]`: what production consists of, as CycloneDX (sbom.cdx.json). From the lock file, without the network.
// npm's own --omit=dev leaves out whatever a tool of development needs as well (pg-types, because @types/pg names it): so all is
// asked for, and what only development needs is taken out by the lock file's marks.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const ARGS = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only', '--loglevel=error'];

/** `name@version` of every package that is not of development alone, and of the workspaces. */
function productionPackages() {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const production = Object.entries(packages).filter(([, { dev, link }]) => !dev && !link);
  return new Set(production.map(([path, { name, version }]) => `${name ?? nameOf(path)}@${version}`));
}

const nameOf = (path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

const file = resolve(process.argv[2] ?? join(ROOT, 'sbom.cdx.json'));
const { stdout } = await promisify(execFile)('npm', ARGS, { cwd: ROOT, maxBuffer: 1 << 26 });
const sbom = JSON.parse(stdout);
const production = productionPackages();
const isProduction = (ref) => production.has(ref);
const root = sbom.metadata.component['bom-ref'];
sbom.components = sbom.components.filter(({ 'bom-ref': ref }) => isProduction(ref));
sbom.dependencies = sbom.dependencies
  .filter(({ ref }) => ref === root || isProduction(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter(isProduction) }));
writeFileSync(file, `${JSON.stringify(sbom, null, 2)}\n`);
console.log(`${file}: ${sbom.components.length} components, CycloneDX ${sbom.specVersion}`);

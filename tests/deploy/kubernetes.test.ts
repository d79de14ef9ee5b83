import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICE_VARIABLES } from '@millrace/stage';
import { describe, expect, it } from 'vitest';
import { SERVICES } from '../../apps/cli/src/scale.js';
import { DEDUPER_VARIABLES } from '../../apps/deduper/src/environment.js';
import { bytesOf, ROOT } from './compose-model.js';
import { imageConfig } from './image-file.js';
import { expectAccepted } from './known-variables.js';
import { kustomize, type Manifest, selects, unknownFields, validate } from './manifests.js';
import { OVERLAYS, Overlay } from './overlay.js';

const image = imageConfig();
/** `500m` in cores. */
const coresOf = (cpu: string) => (cpu.endsWith('m') ? Number.parseInt(cpu, 10) / 1000 : Number(cpu));

describe.each(Object.keys(OVERLAYS) as (keyof typeof OVERLAYS)[])('overlay %s', (name) => {
  const overlay = new Overlay(name);

  it('is made of documents that Kubernetes takes, field by field', () => {
    for (const manifest of [...overlay.all, ...overlay.secrets]) validate(manifest);
    expect(unknownFields([...overlay.all, ...overlay.secrets])).toEqual([]);
    expect(overlay.all.length).toBeGreaterThan(20);
  });

  it('runs the four services and one migration', () => {
    const kinds = Object.fromEntries(overlay.ours.map(({ name: service, manifest }) => [service, manifest.kind]));
    expect(kinds).toEqual({
      ingestor: 'Deployment',
      cleaner: 'Deployment',
      deduper: 'StatefulSet',
      aggregator: 'Deployment',
      migrate: 'Job',
    });
    for (const { name: service, container } of overlay.ours) {
      expect(container.args).toEqual(service === 'migrate' ? ['migrate'] : ['start', service]);
      expect(container.image).toMatch(/^(registry\.example\.com\/)?millrace:\d/);
    }
  });

  it('does not repeat a migration whose configuration is wrong', () => {
    const { spec } = overlay.named('Job', 'millrace-migrate');
    const policy = spec.podFailurePolicy as { rules: { action: string; onExitCodes: { values: number[] } }[] };
    expect(policy.rules).toMatchObject([{ action: 'FailJob', onExitCodes: { operator: 'In', values: [3] } }]);
    // The only one with which Kubernetes looks at exit codes.
    expect(spec.template.spec).toMatchObject({ restartPolicy: 'Never' });
  });

  it('gives every container an environment that the services know', () => {
    for (const { name: service, container } of overlay.ours) {
      const { MILLRACE_WATCH, ...environment } = overlay.environmentOf(container);
      expectAccepted(environment);
      expect(MILLRACE_WATCH !== undefined).toBe(service === 'migrate');
    }
  });

  it('refers to nothing that is not there', () => {
    const claims = overlay.of('PersistentVolumeClaim').map(({ metadata }) => metadata.name);
    const maps = overlay.of('ConfigMap').map(({ metadata }) => metadata.name);
    const secrets = overlay.secrets.map(({ metadata }) => metadata.name);
    for (const { spec } of overlay.workloads) {
      const { volumes = [], containers } = spec.template.spec;
      const templates = (spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name);
      for (const { configMap, secret, persistentVolumeClaim } of volumes) {
        if (configMap) expect(maps).toContain(configMap.name);
        if (secret) expect(secrets).toContain(secret.secretName);
        if (persistentVolumeClaim) expect(claims).toContain(persistentVolumeClaim.claimName);
      }
      const sources = [...volumes.map((volume) => volume.name), ...templates];
      for (const { volumeMounts = [], envFrom = [] } of containers) {
        for (const mount of volumeMounts) expect(sources).toContain(mount.name);
        expect(new Set(volumeMounts.map(({ mountPath }) => mountPath)).size).toBe(volumeMounts.length);
        for (const { configMapRef } of envFrom) expect(maps).toContain(configMapRef?.name);
      }
    }
  });

  it('finds in the mounted Secrets every file that a variable or a URL names', () => {
    const keys = new Map(overlay.secrets.map(({ metadata, stringData }) => [metadata.name, stringData ?? {}]));
    let found = 0;
    for (const { manifest, container } of overlay.ours) {
      const files = new Map<string, string>();
      for (const { name: volume, mountPath } of container.volumeMounts ?? []) {
        const secret = manifest.spec.template.spec.volumes?.find((candidate) => candidate.name === volume)?.secret;
        for (const [key, value] of Object.entries(keys.get(secret?.secretName ?? '') ?? {})) {
          files.set(`${mountPath}/${key}`, value);
        }
      }
      for (const [variable, path] of Object.entries(overlay.environmentOf(container))) {
        if (!variable.endsWith('_FILE')) continue;
        expect([...files.keys()], variable).toContain(path);
        found++;
        if (variable !== 'DATABASE_URL_FILE') continue;
        const root = new URL(files.get(path)!).searchParams.get('sslrootcert');
        if (root) expect([...files.keys()]).toContain(root);
      }
    }
    expect(found).toBeGreaterThanOrEqual(5);
  });

  it('has no secret in what is committed', () => {
    expect(overlay.of('Secret')).toEqual([]);
    for (const { container } of overlay.ours) {
      for (const [variable, value] of Object.entries(overlay.environmentOf(container))) {
        expect(/PASSWORD$|_KEY$|^DATABASE_URL$/.test(variable), `${variable}=${value}`).toBe(false);
      }
    }
  });

  it('chooses pods that exist, with every selector', () => {
    const pods = overlay.workloads.map(({ spec }) => spec.template.metadata.labels);
    for (const { kind, metadata, spec } of overlay.all) {
      const selector =
        kind === 'Service' ? spec.selector : kind === 'NetworkPolicy' ? podSelector(spec) : spec?.selector?.matchLabels;
      if (!selector) continue;
      const chosen = pods.filter((labels) => selects(selector, labels));
      expect(chosen.length, `${kind} ${metadata.name}`).toBeGreaterThan(0);
      if (kind !== 'NetworkPolicy') expect(chosen.length, `${kind} ${metadata.name}`).toBe(1);
    }
    for (const { spec } of overlay.ours.map(({ manifest }) => manifest)) {
      for (const { labelSelector } of spec.template.spec.topologySpreadConstraints ?? []) {
        expect(selects(labelSelector.matchLabels, spec.template.metadata.labels)).toBe(true);
      }
    }
  });

  it('leads Services to ports that containers have', () => {
    for (const { metadata, spec } of overlay.of('Service')) {
      const target = overlay.workloads.find(({ spec: { template } }) =>
        selects(spec.selector!, template.metadata.labels),
      );
      const names = target?.spec.template.spec.containers.flatMap(({ ports = [] }) => ports.map((port) => port.name));
      for (const { targetPort } of spec.ports as { targetPort: string }[]) {
        expect(names, metadata.name).toContain(targetPort);
      }
    }
    for (const { manifest, container } of overlay.ours.filter(({ manifest: { kind } }) => kind !== 'Job')) {
      expect(container.ports).toEqual([expect.objectContaining({ name: 'http', containerPort: image.port })]);
      if (manifest.kind === 'StatefulSet') overlay.named('Service', manifest.spec.serviceName as string);
    }
  });

  it('asks the services whether they live, and sends rows only to those that are ready', () => {
    for (const { name: service, container } of overlay.ours.filter(({ name: job }) => job !== 'migrate')) {
      const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe];
      expect(
        probes.map((probe) => probe?.httpGet),
        service,
      ).toEqual(['live', 'live', 'ready'].map((what) => ({ path: `/health/${what}`, port: 'http' })));
    }
  });

  it('runs as nobody, with nothing to write to but /tmp and its state', () => {
    for (const { name: service, manifest, container } of overlay.ours) {
      const pod = manifest.spec.template.spec;
      expect(pod, service).toMatchObject({ enableServiceLinks: false, automountServiceAccountToken: false });
      expect(`${pod.securityContext.runAsUser}:${pod.securityContext.runAsGroup}`).toBe(image.user);
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      const writable = container.volumeMounts?.filter(({ readOnly }) => !readOnly).map(({ mountPath }) => mountPath);
      expect(writable?.sort()).toEqual(['/tmp', '/var/lib/millrace']);
    }
    for (const { spec } of overlay.workloads) {
      expect(spec.template.spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
    }
  });

  it('lets a service end in its own time, and a filter grow to its bound', () => {
    for (const { name: service, manifest, container } of overlay.ours) {
      const environment = overlay.environmentOf(container);
      const { requests, limits } = container.resources;
      expect(coresOf(requests.cpu), service).toBeGreaterThan(0);
      expect(bytesOf(limits.memory)).toBeGreaterThanOrEqual(bytesOf(requests.memory));
      if (service === 'migrate') continue;
      const stop_ms = SERVICE_VARIABLES.MILLRACE_STOP_MS.parse(environment.MILLRACE_STOP_MS);
      expect(manifest.spec.template.spec.terminationGracePeriodSeconds * 1000).toBeGreaterThan(stop_ms + 5000);
      if (service !== 'deduper') continue;
      const filter = DEDUPER_VARIABLES.MILLRACE_FILTER_MAX_BYTES.parse(environment.MILLRACE_FILTER_MAX_BYTES);
      expect(bytesOf(limits.memory) - filter).toBeGreaterThanOrEqual(bytesOf('320m'));
    }
  });

  it('shuts everything, and opens the ingest and the scrape', () => {
    const policies = new Map(overlay.of('NetworkPolicy').map(({ metadata, spec }) => [metadata.name, spec]));
    expect(policies.get('millrace-default-deny')).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    const ingress = overlay.of('NetworkPolicy').filter(({ spec }) => spec.ingress);
    for (const { metadata, spec } of ingress) {
      for (const rule of spec.ingress as { from?: object[]; ports?: object[] }[]) {
        expect(rule.from?.length, metadata.name).toBeGreaterThan(0);
        expect(rule.ports?.length, metadata.name).toBeGreaterThan(0);
      }
    }
    const servers = policies.get('millrace-servers')?.egress as { ports: { port: number }[] }[];
    const brokers = overlay.environmentOf(overlay.ours[0].container).KAFKA_BROKERS.split(',');
    const wanted = new Set([...brokers.map((broker) => Number(broker.split(':')[1])), 5432]);
    expect(new Set(servers.flatMap(({ ports }) => ports.map(({ port }) => port)))).toEqual(wanted);
  });

  it('has a budget for each service, and annotations for whoever scrapes it', () => {
    const budgets = overlay.of('PodDisruptionBudget').map(({ metadata }) => metadata.name);
    expect(budgets.sort()).toEqual(SERVICES.map((service) => `millrace-${service}`).sort());
    for (const { name: service, manifest } of overlay.ours.filter(({ name: job }) => job !== 'migrate')) {
      expect(manifest.spec.template.metadata.annotations, service).toEqual({
        'prometheus.io/scrape': 'true',
        'prometheus.io/path': '/metrics',
        'prometheus.io/port': String(image.port),
      });
    }
  });
});

const podSelector = (spec: Manifest['spec']) =>
  (spec.podSelector as { matchLabels?: Record<string, string> }).matchLabels;

describe('base', () => {
  it('takes the dataset as it stands in datasets/', () => {
    const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
    expect(read('deploy/kubernetes/base/datasets/sales.yaml')).toBe(read('datasets/sales.yaml'));
  });
});

describe('the check of fields', () => {
  it('finds one that is misspelt, however deep', () => {
    const [deployment] = kustomize('base').filter(({ kind }) => kind === 'Deployment');
    Object.assign(deployment.spec.template.spec.containers[0], { imagePullPolice: 'Always' });
    expect(unknownFields([deployment]).join()).toContain('imagePullPolice');
  });
});

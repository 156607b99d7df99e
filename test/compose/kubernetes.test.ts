/** The Kubernetes manifests, held to the code as the compose files are. */
import { spawnSync } from 'node:child_process';
import { openApiDocument } from '@ai-cost-profiler/collector/api/openapi.ts';
import { OPTIONS } from '@ai-cost-profiler/collector/options.ts';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { makeSecrets, READERS, secretFiles } from '../../scripts/compose-secrets.ts';
import { imageEnvironment, ROOT, readCompose, readText } from './compose-file.ts';

const IMAGE = imageEnvironment();
const SECRETS = secretFiles(makeSecrets());
const portOf = (text: string | undefined): number => Number(text?.split(':').pop());
const expectKnown = (variable: string, value: string): void => {
  const spec = Object.values(OPTIONS).find(({ env }) => env === variable);
  expect(spec?.schema.safeParse(value).success, `${variable}=${value}`).toBe(true);
};

const probeSchema = z.looseObject({
  httpGet: z.strictObject({ path: z.string(), port: z.literal('http') }),
});
const podSchema = z.looseObject({
  terminationGracePeriodSeconds: z.number(),
  enableServiceLinks: z.literal(false),
  securityContext: z.looseObject({ runAsUser: z.number(), runAsNonRoot: z.literal(true) }),
  containers: z.tuple([
    z.looseObject({
      image: z.string(),
      args: z.array(z.string()),
      env: z.array(z.strictObject({ name: z.string(), value: z.string() })),
      ports: z.array(z.strictObject({ name: z.string(), containerPort: z.number() })),
      startupProbe: probeSchema,
      livenessProbe: probeSchema,
      readinessProbe: probeSchema,
      securityContext: z.looseObject({ readOnlyRootFilesystem: z.literal(true) }),
      volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })),
    }),
  ]),
  volumes: z.array(z.looseObject({ name: z.string() })),
});
const setSchema = z.looseObject({
  kind: z.literal('StatefulSet'),
  spec: z.looseObject({
    serviceName: z.string(),
    replicas: z.number(),
    selector: z.strictObject({ matchLabels: z.record(z.string(), z.string()) }),
    template: z.looseObject({
      metadata: z.strictObject({ labels: z.record(z.string(), z.string()) }),
      spec: podSchema,
    }),
    volumeClaimTemplates: z.array(
      z.looseObject({ metadata: z.strictObject({ name: z.string() }) }),
    ),
  }),
});
const serviceSchema = z.looseObject({
  kind: z.literal('Service'),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    selector: z.record(z.string(), z.string()),
    ports: z.array(z.looseObject({ port: z.number(), targetPort: z.string() })),
  }),
});

describe('the Kubernetes manifests', () => {
  const documents = parseAllDocuments(readText('deploy/kubernetes/collector.yaml'));
  const all = documents.map((document) => document.toJS());
  const sets = all.filter(({ kind }) => kind === 'StatefulSet').map((one) => setSchema.parse(one));
  const services = all
    .filter(({ kind }) => kind === 'Service')
    .map((one) => serviceSchema.parse(one));
  const containers = sets.map(({ spec }) => spec.template.spec.containers[0]);

  test('are read without a complaint', () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    expect(sets.length).toBe(2);
  });

  test('let exactly one collector settle', () => {
    const settling = sets.filter(({ spec }) =>
      spec.template.spec.containers[0].env.some(
        ({ name, value }) => name === 'AICOST_SETTLE' && value === 'on',
      ),
    );
    expect(settling.map(({ spec }) => spec.replicas)).toEqual([1]);
    const said = containers.map(
      ({ env }) => env.find(({ name }) => name === 'AICOST_SETTLE')?.value,
    );
    expect(said.toSorted()).toEqual(['off', 'on']);
  });

  test('set only variables that the collector has, and commands it takes', () => {
    for (const { env, args } of containers) {
      for (const { name, value } of env) expectKnown(name, value);
      const line = [`${ROOT}collector/src/main.ts`, ...args, '--help'];
      expect(spawnSync(process.execPath, line).status).toBe(0);
    }
  });

  test('run the image of the compose file, as the user it is made for', () => {
    const image = readCompose('docker-compose.yml').services['collector']?.image;
    for (const container of containers) expect(container.image).toBe(image);
    for (const { spec } of sets) {
      expect(spec.template.spec.securityContext.runAsUser).toBe(READERS.collector.uid);
    }
  });

  test('lead to the ports the image listens on, and ask paths that are there', () => {
    const ports = { http: portOf(IMAGE['AICOST_HTTP']), grpc: portOf(IMAGE['AICOST_GRPC']) };
    const paths = openApiDocument('0');
    for (const container of containers) {
      const listens = container.ports.map(({ name, containerPort }) => [name, containerPort]);
      expect(Object.fromEntries(listens)).toEqual(ports);
      for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const) {
        expect(paths).toHaveProperty(['paths', container[probe].httpGet.path]);
      }
    }
    for (const { spec } of services) {
      for (const { port, targetPort } of spec.ports) {
        expect(port).toBe(ports[targetPort as keyof typeof ports]);
      }
    }
  });

  test('select what they make, and name services that are there', () => {
    for (const { spec } of sets) {
      expect(spec.template.metadata.labels).toEqual(spec.selector.matchLabels);
      expect(services.map(({ metadata }) => metadata.name)).toContain(spec.serviceName);
      for (const { spec: of } of services) {
        expect(spec.template.metadata.labels).toMatchObject(of.selector);
      }
    }
  });

  test('mount what they declare: the data directory on a claim, and the secrets that are read', () => {
    for (const { spec } of sets) {
      const pod = spec.template.spec;
      const [{ volumeMounts, env, args }] = pod.containers;
      const claims = spec.volumeClaimTemplates.map(({ metadata }) => metadata.name);
      const declared = [...pod.volumes.map(({ name }) => name), ...claims];
      expect(volumeMounts.map(({ name }) => name).sort()).toEqual(declared.sort());
      const data = volumeMounts.find(({ mountPath }) => mountPath === IMAGE['AICOST_DATA_DIR']);
      expect(claims).toContain(data?.name);
      const read = [...args, ...env.map(({ value }) => value)].filter((text) =>
        text.startsWith('/run/aicost/'),
      );
      expect(read.length).toBe(2);
      for (const path of read) {
        expect(Object.keys(SECRETS.collector)).toContain(path.replace('/run/aicost/', ''));
      }
    }
  });
});

/** The Kubernetes manifests against the schemas of Kubernetes itself, as the package kubernetes-models holds them. */
import { validate as validateStatefulSet } from 'kubernetes-models/_schemas/IoK8sApiAppsV1StatefulSet';
import { validate as validateService } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Service';
import { validate as validateBudget } from 'kubernetes-models/_schemas/IoK8sApiPolicyV1PodDisruptionBudget';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readText } from './compose-file.ts';

/** By version and kind. Each keeps what it found wrong last beside itself. */
const SCHEMAS: Readonly<Record<string, ((data: unknown) => boolean) & { errors?: unknown }>> = {
  'apps/v1 StatefulSet': validateStatefulSet,
  'policy/v1 PodDisruptionBudget': validateBudget,
  'v1 Service': validateService,
};

const documents = (): Record<string, unknown>[] =>
  parseAllDocuments(readText('deploy/kubernetes/collector.yaml')).map((one) => one.toJS());

const nameOf = (one: Record<string, unknown>): string => `${one['apiVersion']} ${one['kind']}`;

/** What the schema refuses; nothing where it does not. */
function faultsOf(manifest: Record<string, unknown>): unknown {
  const schema = SCHEMAS[nameOf(manifest)] ?? expect.fail(`no schema of ${nameOf(manifest)}`);
  return schema(manifest) ? [] : schema.errors;
}

/**
 * Fields that no schema has. The schemas let them pass, but never look at them: what was not read while a manifest was
 * judged has no place in it.
 */
function unknownFields(manifest: Record<string, unknown>): string[] {
  const unread = new Set<string>();
  faultsOf(watched(manifest, '', unread) as Record<string, unknown>);
  return [...unread];
}

function watched(value: unknown, path: string, unread: Set<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const children = new Map(
    Object.entries(value).map(([key, child]) => [key, watched(child, `${path}/${key}`, unread)]),
  );
  for (const key of children.keys()) unread.add(`${path}/${key}`);
  return new Proxy(value, {
    get(target, key) {
      if (typeof key === 'string') unread.delete(`${path}/${key}`);
      return typeof key === 'string' && children.has(key)
        ? children.get(key)
        : Reflect.get(target, key);
    },
  });
}

describe.each(documents().map((one) => [nameOf(one), one] as const))('%s', (_name, manifest) => {
  test('is what its schema says', () => {
    expect(faultsOf(manifest)).toEqual([]);
  });

  test('has no field that its schema does not know', () => {
    expect(unknownFields(manifest)).toEqual([]);
  });
});

test('what is wrong is seen: a type, a word, a missing field, a misspelt one', () => {
  const [set] = documents().filter(({ kind }) => kind === 'StatefulSet');
  const spec = set!['spec'] as Record<string, unknown>;
  const withSpec = (change: object) => ({ ...set, spec: { ...spec, ...change } });
  const fault = (keyword: string) => [expect.objectContaining({ keyword })];
  expect(faultsOf(withSpec({ replicas: 'one' }))).toEqual(fault('type'));
  expect(faultsOf(withSpec({ podManagementPolicy: 'Sometimes' }))).toEqual(fault('enum'));
  expect(faultsOf(withSpec({ template: undefined }))).toEqual(fault('required'));
  expect(unknownFields(withSpec({ replica: 1 }))).toEqual(['/spec/replica']);
  const template = structuredClone(spec['template']) as { spec: Record<string, unknown> };
  template.spec['terminationGracePeriod'] = 30;
  expect(unknownFields(withSpec({ template }))).toEqual([
    '/spec/template/spec/terminationGracePeriod',
  ]);
});

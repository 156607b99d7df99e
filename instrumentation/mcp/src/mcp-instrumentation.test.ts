/** OpenTelemetry's own switch holds here too. */
import { expect, test } from 'vitest';
import { McpInstrumentation } from './mcp-instrumentation.ts';

test.for([
  [undefined, true],
  [{}, true],
  [{ enabled: true }, true],
  [{ enabled: false }, false],
] as const)('with %o it is on: %s', ([config, isOn]) => {
  const instrumentation = new McpInstrumentation(config);
  expect(instrumentation.isEnabled()).toBe(isOn);
  instrumentation.disable();
  expect(instrumentation.isEnabled()).toBe(false);
});

/**
 * Lets instrumentations see what ES modules import. Only the modules that are watched are wrapped, so that the rest of
 * the application loads as it would without us. CommonJS is seen by OpenTelemetry's own require hook.
 */
import { createRequire, register } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { InstrumentedSdk } from './instrumented-sdks.ts';

/** What of import-in-the-middle 3 is used. */
interface SynchronousHooks {
  supportsSyncHooks(): boolean;
  register(options: { readonly include: readonly (string | RegExp)[] }): void;
}

/**
 * Registers the hooks for these SDKs: in this thread where Node can do it right, else on Node's loader thread. Tells
 * which.
 */
export function hookImports(sdks: readonly InstrumentedSdk[]): 'in-thread' | 'loader thread' {
  const include = sdks.flatMap(({ sdk, files }) => [sdk, ...files]);
  // The very copy that OpenTelemetry's instrumentations register with: another one would tell them nothing.
  const ours = createRequire(import.meta.url);
  const theirs = createRequire(ours.resolve('@opentelemetry/instrumentation'));
  const hooks = theirs('import-in-the-middle/register-hooks.mjs') as SynchronousHooks;
  if (hooks.supportsSyncHooks()) {
    hooks.register({ include });
    return 'in-thread';
  }
  const hook = pathToFileURL(theirs.resolve('import-in-the-middle/hook.mjs'));
  register(hook.href, { data: { include } });
  return 'loader thread';
}

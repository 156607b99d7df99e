/** An application may have two copies of a package of ours, each with a register of its own: one of them watches. */
import { expect, test, vi } from 'vitest';

type Method = (...parameters: never[]) => unknown;

/** What of an SDK is watched, and how a copy of ours, loaded anew, does it. */
interface Watched {
  readonly method: () => Method;
  readonly watchAnew: () => Promise<unknown>;
}

class StainlessClient {
  post(): undefined {
    // As the SDK's, by its name.
  }
  get(): undefined {
    // The same.
  }
  fetchWithTimeout(): undefined {
    // The same.
  }
}

function openai(): Watched {
  class Client extends StainlessClient {}
  const prototype = Object.defineProperties(
    Client.prototype,
    Object.getOwnPropertyDescriptors(StainlessClient.prototype),
  );
  return {
    method: () => prototype.post,
    watchAnew: async () => {
      const ours = await import('@ai-cost-profiler/openai/openai-instrumentation.ts');
      ours.instrumentOpenAI(Client);
    },
  };
}

const anthropic = (): Watched => ({
  method: () => StainlessClient.prototype.post,
  watchAnew: async () => {
    const ours = await import('@ai-cost-profiler/anthropic/anthropic-instrumentation.ts');
    ours.instrumentAnthropic(StainlessClient);
  },
});

function googleGenai(): Watched {
  class Models {
    async generateContentInternal(): Promise<undefined> {
      // As the SDK's, by its name.
    }
  }
  const exports = { Models, Caches: class {}, HttpResponse: class {}, GoogleGenAI: class {} };
  return {
    method: () => Models.prototype.generateContentInternal,
    watchAnew: async () => {
      const ours = await import('@ai-cost-profiler/google-genai/google-genai-instrumentation.ts');
      ours.instrumentGoogleGenAI(exports);
    },
  };
}

function bedrock(): Watched {
  class BedrockRuntimeClient {
    async send(): Promise<undefined> {
      // As the SDK's, by its name.
    }
  }
  const command = class {};
  const exports = {
    BedrockRuntimeClient,
    ConverseCommand: command,
    ConverseStreamCommand: command,
    InvokeModelCommand: command,
    InvokeModelWithResponseStreamCommand: command,
  };
  return {
    method: () => BedrockRuntimeClient.prototype.send,
    watchAnew: async () => {
      const ours = await import('@ai-cost-profiler/bedrock/bedrock-instrumentation.ts');
      ours.instrumentBedrock(exports);
    },
  };
}

function mcp(): Watched {
  class Protocol {
    async request(): Promise<undefined> {
      // As the SDK's, by its name.
    }
    setRequestHandler(): undefined {
      // The same.
    }
  }
  return {
    method: () => Protocol.prototype.request,
    watchAnew: async () => {
      const ours = await import('@ai-cost-profiler/mcp/mcp-protocol.ts');
      ours.watchProtocol(Protocol, () => undefined);
    },
  };
}

test.for([
  ['openai', openai],
  ['anthropic', anthropic],
  ['google-genai', googleGenai],
  ['bedrock', bedrock],
  ['mcp', mcp],
] as const)('%s', async ([_name, prepare]) => {
  const { method, watchAnew } = prepare();
  const own = method();
  vi.resetModules();
  await watchAnew();
  const watched = method();
  expect(watched).not.toBe(own);
  vi.resetModules();
  await watchAnew();
  expect(method()).toBe(watched);
});

// An application that asks an MCP server for this and that, as ES module. Prints what it got.
import { withAttribution } from '@ai-cost-profiler/node';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const { execPath, execArgv, env } = process;
const args = [...execArgv, `${import.meta.dirname}/server.cjs`];
const client = new Client({ name: 'client', version: '1.0.0' });
const got = await withAttribution(
  { feature: 'mcp', user: 'u-1' },
  async () => {
    await client.connect(new StdioClientTransport({ command: execPath, args, env }));
    const asked = Object.freeze({ name: 'add', arguments: { a: 2, b: 3 } });
    return {
      sum: await client.callTool(asked),
      failure: await client.callTool({ name: 'fail', arguments: {} }),
      prompt: await client.getPrompt({ name: 'greet' }),
      resource: await client.readResource({ uri: 'memo://one' }),
      missing: await client.readResource({ uri: 'memo://none' }).catch(({ code }) => code),
    };
  },
  { isBaggage: true },
);
await client.close();
process.stdout.write(JSON.stringify(got));

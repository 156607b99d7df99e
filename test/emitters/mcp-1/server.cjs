// An MCP server, as CommonJS. It says in what it answers what the call was for.
const { McpServer } = require('@modelcontextprotocol/sdk/server/mcp.js');
const { StdioServerTransport } = require('@modelcontextprotocol/sdk/server/stdio.js');
const { z } = require('zod');

const server = new McpServer({ name: 'server', version: '1.0.0' });
const text = (words) => ({ content: [{ type: 'text', text: words }] });
server.registerTool('add', { inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) =>
  text(String(a + b)),
);
server.registerTool('fail', { inputSchema: {} }, () => {
  throw new Error('out of paper');
});
server.registerPrompt('greet', {}, () => ({
  messages: [{ role: 'user', content: { type: 'text', text: 'Hello' } }],
}));
server.registerResource('memo', 'memo://one', {}, ({ href }) => ({
  contents: [{ uri: href, text: 'milk' }],
}));
void server.connect(new StdioServerTransport());

/** Records OpenTelemetry's Java agent: needs Java and, once, `mvn dependency:copy-dependencies` in this folder. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startFakeProvider } from '../fake-provider.ts';
import { keepSpans, recordPage } from '../record-page.ts';

const folder = import.meta.dirname;
const libraries = join(folder, 'target', 'dependency');
const [, version = ''] =
  /<agent.version>(.+)<\/agent.version>/.exec(readFileSync(join(folder, 'pom.xml'), 'utf8')) ?? [];
const emitter = 'io.opentelemetry.javaagent:opentelemetry-javaagent';
const source = { page: 'java', emitter, version };

// The agent takes a program that is run from its source for a tool of the JDK, and does nothing.
const classes = join(folder, 'target', 'classes');
const classPath = `${join(libraries, '*')}:${classes}`;
execFileSync('javac', ['-cp', classPath, '-d', classes, join(folder, 'app.java')]);

const provider = await startFakeProvider('java-agent');
const sent = await recordPage(source, () => ({
  command: 'java',
  args: ['-cp', classPath, 'App'],
  env: {
    JAVA_TOOL_OPTIONS: `-javaagent:${join(libraries, `opentelemetry-javaagent-${version}.jar`)}`,
    OPENAI_BASE_URL: provider.url,
    OPENAI_API_KEY: 'not-a-key',
  },
}));
await provider.close();
keepSpans('otel-genai/java-agent', source, sent('traces'));

/** Records Spring AI on Spring Boot 4: needs Java and, once, `mvn package` in this folder. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startFakeProvider } from '../fake-provider.ts';
import { keepSpans, pageOf, recordPage, type Source } from '../record-page.ts';

const folder = import.meta.dirname;
const [, version = ''] =
  /<spring-ai.version>(.+)<\/spring-ai.version>/.exec(
    readFileSync(join(folder, 'pom.xml'), 'utf8'),
  ) ?? [];
const source: Source = {
  page: 'java',
  by: 'file',
  emitter: 'org.springframework.ai:spring-ai-bom',
  version,
};

const provider = await startFakeProvider('spring-ai');
const sent = await recordPage(source, ({ cwd }) => {
  const told = pageOf(source).blocks.find(({ language }) => language === 'properties')!;
  writeFileSync(join(cwd, 'application.properties'), told.text);
  return {
    command: 'java',
    args: ['-jar', join(folder, 'target', 'recorder.jar')],
    env: {
      SPRING_APPLICATION_NAME: 'checkout',
      SPRING_AI_OPENAI_BASE_URL: provider.url,
      SPRING_AI_OPENAI_API_KEY: 'not-a-key',
      SPRING_AI_OPENAI_CHAT_MODEL: 'gpt-4o-2024-08-06',
      SPRING_AI_OPENAI_EMBEDDING_MODEL: 'text-embedding-3-small',
      SPRING_AI_ANTHROPIC_BASE_URL: provider.url.replace(/\/v1$/, ''),
      SPRING_AI_ANTHROPIC_API_KEY: 'not-a-key',
      SPRING_AI_ANTHROPIC_CHAT_MODEL: 'claude-sonnet-4-5',
    },
  };
});
await provider.close();
keepSpans('spring-ai/boot-4', source, sent('traces'));

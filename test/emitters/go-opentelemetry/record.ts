/**
 * Records OpenTelemetry's Go SDK: a program is made of the page's own code, built and run under the page's variables.
 * Needs Go, and `go mod download` in this folder.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFakeProvider } from '../fake-provider.ts';
import { keepSpans, pageOf, recordPage } from '../record-page.ts';

const folder = import.meta.dirname;
const modules = readFileSync(join(folder, 'go.mod'), 'utf8');
const version = /go\.opentelemetry\.io\/otel v(\S+)/.exec(modules)![1]!;
const source = { page: 'go', emitter: 'go.opentelemetry.io/otel', version };

/** What stands around the two pieces of the page: one sets the exporter up, one makes a call. */
const program = (setUp: string, call: string): string => `package main

import (
	"context"
	"log"

	"github.com/openai/openai-go/v3"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func ask(ctx context.Context) error {
	tracer := otel.Tracer("checkout")
	client := openai.NewClient()
	question := []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Is it fine?")}
	params := openai.ChatCompletionNewParams{Model: "gpt-4o", Messages: question}
${call}
	return err
}

func run(ctx context.Context) error {
${setUp}
	return ask(ctx)
}

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
`;

const [setUp = '', call = ''] = pageOf(source)
  .blocks.filter(({ language }) => language === 'go')
  .map(({ text }) => text);
const build = mkdtempSync(join(tmpdir(), 'aicost-record-go-'));
for (const name of ['go.mod', 'go.sum']) cpSync(join(folder, name), join(build, name));
writeFileSync(join(build, 'main.go'), program(setUp, call));
execFileSync('go', ['build', '-o', 'program', '.'], { cwd: build, stdio: 'inherit' });

const provider = await startFakeProvider('go');
const sent = await recordPage(source, () => ({
  command: join(build, 'program'),
  args: [],
  env: { OPENAI_BASE_URL: provider.url, OPENAI_API_KEY: 'not-a-key' },
}));
await provider.close();
rmSync(build, { recursive: true });
keepSpans('otel-genai/go-by-hand', source, sent('traces'));

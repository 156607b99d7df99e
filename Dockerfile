# The collector for a ClickHouse server: without the embedded engine, without npm, without a shell script in between.
# docs/compose.md tells how it is run; docker-compose.yml runs it. A test holds this file to the code (test/compose).

FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
# What decides about packages first, so that a change of sources installs nothing again.
COPY package.json package-lock.json .npmrc ./
COPY clickhouse/package.json clickhouse/
COPY queries/package.json queries/
COPY collector/package.json collector/
COPY collector/bin collector/bin
COPY instrumentation/core/package.json instrumentation/core/
COPY instrumentation/openai/package.json instrumentation/openai/
COPY instrumentation/anthropic/package.json instrumentation/anthropic/
COPY instrumentation/google-genai/package.json instrumentation/google-genai/
# chdb is the one optional package: 540 MB that a collector with a server never opens.
RUN npm ci --workspace @ai-cost-profiler/collector --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
COPY clickhouse/migrations clickhouse/migrations
COPY clickhouse/src clickhouse/src
COPY queries/src queries/src
COPY collector/src collector/src
COPY instrumentation/core/src instrumentation/core/src
COPY instrumentation/openai/src instrumentation/openai/src
COPY instrumentation/anthropic/src instrumentation/anthropic/src
COPY instrumentation/google-genai/src instrumentation/google-genai/src
COPY scripts/compose-secrets.ts scripts/grafana-user.ts scripts/grafana-limits.ts scripts/

FROM node:24.21.0-bookworm-slim
# scripts/collector-env.json: how glibc is to keep memory.
ENV MALLOC_ARENA_MAX=2 \
    MALLOC_MMAP_THRESHOLD_=131072 \
    NODE_ENV=production \
    AICOST_DATA_DIR=/var/lib/aicost \
    AICOST_HTTP=0.0.0.0:4318 \
    AICOST_GRPC=0.0.0.0:4317 \
    AICOST_SQL=off
# A new volume takes over the owner of the folder it is put on.
RUN mkdir --mode=0700 /var/lib/aicost && chown node:node /var/lib/aicost
WORKDIR /app
COPY --from=build /app /app
USER node
VOLUME /var/lib/aicost
EXPOSE 4317 4318
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:4318/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Node itself, so that SIGTERM reaches the collector, which then drains.
ENTRYPOINT ["node", "/app/collector/src/main.ts"]
CMD ["start"]

// Writes grafana/dashboards from the plans in src: `npm run grafana:build`. A test compares what is there.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dashboardFiles } from './dashboards/dashboards.ts';

const DASHBOARDS = join(import.meta.dirname, '..', 'dashboards');

await mkdir(DASHBOARDS, { recursive: true });
for (const [name, text] of dashboardFiles()) await writeFile(join(DASHBOARDS, name), text);

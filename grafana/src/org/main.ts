// Writes the provisioning of a tenant's organisation: `npm run grafana:org -- --tenant acme --org-id 2 …`.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { curlLine, makeOrg, orgFiles, requestsAfter } from './org-files.ts';
import { type OrgPlan, readOrgOptions, USAGE } from './org-options.ts';

const WRONG_USE = 2;

async function write(plan: OrgPlan, out: string): Promise<void> {
  for (const [name, text] of orgFiles(plan)) {
    const path = join(out, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

/** What is left for the administrator to do. */
function whatIsLeft(plan: OrgPlan, out: string): string {
  return [
    `Written to ${out} for organisation ${plan.orgId}. On the machine of Grafana:`,
    `  the key of ${plan.sqlUser} alone into ${plan.passwordFile}, for Grafana to read and nobody else`,
    `  ${join(out, 'provisioning')} into Grafana's folder of provisioning (/etc/grafana/provisioning)`,
    `  ${join(out, 'dashboards')} as ${plan.dashboardsPath}`,
    'Then ask Grafana, whose address is in GRAFANA_URL:',
    ...requestsAfter(plan).flatMap((request) => [`  # ${request.why}`, `  ${curlLine(request)}`]),
    '',
  ].join('\n');
}

const read = readOrgOptions(process.argv.slice(2));
if ('faults' in read) {
  const first = `Make the organisation first; the answer has its orgId: ${curlLine(makeOrg('NAME'))}`;
  process.stderr.write(`${read.faults.join('\n')}\nUsage: ${USAGE}\n${first}\n`);
  process.exitCode = WRONG_USE;
} else {
  await write(read.plan, read.out);
  process.stdout.write(whatIsLeft(read.plan, read.out));
}

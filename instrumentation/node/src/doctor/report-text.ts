/** The report as lines for a person: what is well, what is not, and what to do about it. */
import type { DoctorReport } from './examine.ts';
import type { FoundSdk } from './find-sdks.ts';
import type { Finding } from './test-span.ts';

export function reportText(report: DoctorReport): string {
  const { node, sdks, settings, sent, isWell } = report;
  const lines = [
    `Node ${node}`,
    '',
    'SDKs of the application in this folder',
    ...sdks.map((found) => `  ${sdkLine(found)}`),
    '',
    ...(settings.length === 0 ? [] : ['Settings', ...settings.flatMap(findingLines), '']),
    ...(sent === undefined
      ? []
      : [
          `Endpoint ${sent.url}`,
          ...findingLines(sent.endpoint),
          `Test span (trace ${sent.traceId})`,
          ...findingLines(sent.span),
          '',
        ]),
    isWell
      ? 'All is well. Start the application with: node --import @ai-cost-profiler/node/register app.js'
      : 'Not all is well: see the lines marked ✗.',
  ];
  return `${lines.join('\n')}\n`;
}

const findingLines = ({ isWell, detail, next }: Finding): string[] => [
  `  ${isWell ? '✓' : '✗'} ${detail}`,
  ...(next === undefined ? [] : [`    → ${next}`]),
];

function sdkLine({ sdk, version, state, versions }: FoundSdk): string {
  if (version === undefined) return `- ${sdk}: not installed`;
  if (state === 'instrumented') return `✓ ${sdk} ${version}: instrumented`;
  if (state === 'switched off') return `- ${sdk} ${version}: switched off by the environment`;
  return `! ${sdk} ${version}: watched are ${versions.join(', ')}; calls of this one are missed`;
}

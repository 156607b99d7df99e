/** Passwords of services: made by `secrets`, read from files, and none by default. */
import type { Service } from './compose-file.ts';

/** What an image must be told so that nobody gets in by a password that everybody knows. */
const NEEDED: readonly (readonly [image: RegExp, variable: string, value: RegExp])[] = [
  // Else it makes a user `default` without a password.
  [/^clickhouse\/clickhouse-server:/, 'CLICKHOUSE_SKIP_USER_SETUP', /^1$/],
  // Else it is admin, admin.
  [/^grafana\/grafana:/, 'GF_SECURITY_ADMIN_PASSWORD__FILE', /^\/run\/aicost\/[\w-]+$/],
];
const IS_SECRET = /PASSWORD|SECRET|TOKEN|_KEY|CREDENTIAL|INIT_KEYS/;
const IS_FILE = /_FILE$/;

/** Faults of one service, as sentences. */
export function passwordFaults({
  image,
  environment,
}: Pick<Service, 'image' | 'environment'>): string[] {
  const missing = NEEDED.filter(
    ([of, variable, value]) => of.test(image) && !value.test(environment[variable] ?? ''),
  ).map(([, variable, value]) => `${variable} is ${environment[variable]}, not ${value}`);
  const written = Object.entries(environment).filter(([name]) => IS_SECRET.test(name));
  return [
    ...missing,
    ...written
      .filter(([name]) => !IS_FILE.test(name))
      .map(([name]) => `${name} stands in the file itself`),
    ...written
      .filter(([name, value]) => IS_FILE.test(name) && !value.startsWith('/run/aicost/'))
      .map(([name, value]) => `${name} reads ${value}, which secrets does not make`),
  ];
}

/** A systemd unit: its directives by section, and what is wrong with them. systemd ignores what it does not know. */

export interface Directive {
  readonly section: string;
  readonly name: string;
  readonly value: string;
}

const YES = /^yes$/;
const PATHS = /^-?\/[\w./-]+$/;
const UNITS = /^[\w@.-]+\.(?:target|service|socket)$/;
const SECONDS = /^\d+$/;

/** The directives that our unit has, by section, with the values they take (systemd.unit, .service, .exec, .kill). */
const KNOWN: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  Unit: {
    Description: /^\S.*$/,
    Documentation: /^(?:file:\/\/\/|https:\/\/)\S+$/,
    After: UNITS,
    Wants: UNITS,
  },
  Service: {
    Type: /^(?:simple|exec|notify)$/,
    DynamicUser: YES,
    StateDirectory: /^[\w-]+$/,
    StateDirectoryMode: /^0700$/,
    Environment: /^(?:[A-Z][A-Z0-9_]*=\S+)(?: [A-Z][A-Z0-9_]*=\S+)*$/,
    EnvironmentFile: PATHS,
    ExecStart: /^\/\S+(?: \S+)*$/,
    KillMode: /^(?:control-group|mixed)$/,
    TimeoutStopSec: SECONDS,
    Restart: /^(?:on-failure|always)$/,
    RestartSec: SECONDS,
    LimitNOFILE: /^\d+$/,
    NoNewPrivileges: YES,
    ProtectSystem: /^strict$/,
    ProtectHome: YES,
    PrivateTmp: YES,
    PrivateDevices: YES,
    ProtectKernelTunables: YES,
    ProtectKernelModules: YES,
    ProtectControlGroups: YES,
    RestrictAddressFamilies: /^AF_\w+(?: AF_\w+)*$/,
    RestrictSUIDSGID: YES,
    LockPersonality: YES,
    // Empty: it has no capability at all.
    CapabilityBoundingSet: /^$/,
    UMask: /^0077$/,
  },
  Install: { WantedBy: UNITS },
};
/** Those that may stand several times, and add up. */
const LISTS = ['Environment', 'EnvironmentFile'];

/** Every directive; `null` for a line that is neither one, nor a section, a comment or empty. */
export function readUnit(text: string): (Directive | null)[] {
  let section = '';
  return text.split('\n').flatMap((line) => {
    if (/^(?:[#;].*)?$/.test(line)) return [];
    const [, heading] = /^\[(\w+)\]$/.exec(line) ?? [];
    if (heading !== undefined) {
      section = heading;
      return [];
    }
    const [, name, value = ''] = /^(\w+)=(.*)$/.exec(line) ?? [];
    return [name === undefined ? null : { section, name, value }];
  });
}

/** Faults as sentences. */
export function unitFaults(text: string): string[] {
  const lines = readUnit(text);
  const found = lines.filter((line) => line !== null);
  const twice = found.filter(
    ({ section, name }, at) =>
      !LISTS.includes(name) &&
      found.findIndex((one) => one.section === section && one.name === name) !== at,
  );
  return [
    ...lines.filter((line) => line === null).map(() => 'a line that is no directive'),
    ...Object.keys(KNOWN)
      .filter((section) => !found.some((one) => one.section === section))
      .map((section) => `[${section}] is missing`),
    ...twice.map(({ name }) => `${name} stands twice`),
    ...found.flatMap(({ section, name, value }) => {
      const known = KNOWN[section]?.[name];
      if (known === undefined) return [`[${section}] has no ${name}`];
      return known.test(value) ? [] : [`${name} is ${JSON.stringify(value)}, not ${known}`];
    }),
  ];
}

/** Directives of the closed list that a unit does not have. */
export function unusedDirectives(text: string): string[] {
  const used = readUnit(text).map((line) => `${line?.section} ${line?.name}`);
  return Object.entries(KNOWN).flatMap(([section, names]) =>
    Object.keys(names)
      .map((name) => `${section} ${name}`)
      .filter((one) => !used.includes(one)),
  );
}

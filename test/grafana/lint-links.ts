/** Links in tables: they lead somewhere, and whoever follows one keeps what they had chosen. */
import {
  asking,
  type DashboardJson,
  type PanelJson,
  type VariableJson,
} from './dashboard-model.ts';

const SELF_MADE = ['__url_time_range', '__data'];

/** Findings of one dashboard's links; `all` are the dashboards there are. */
export function lintLinks(dashboard: DashboardJson, all: readonly DashboardJson[]): string[] {
  return asking(dashboard).flatMap(({ title, fieldConfig }) =>
    linksOf(fieldConfig?.overrides ?? []).flatMap((url) =>
      judgeLink(url, dashboard, all).map((text) => `${title}: ${text}`),
    ),
  );
}

const namesOf = ({ templating: { list } }: DashboardJson): string[] =>
  list.map(({ name }: VariableJson) => name);

/** A link carries or sets every variable that both ends have, none that its end lacks, and keeps the time. */
function judgeLink(url: string, from: DashboardJson, all: readonly DashboardJson[]): string[] {
  const [, uid, query = ''] = /^\/d\/([\w-]+)\?(.*)$/.exec(url) ?? [];
  const to = all.find((one) => one.uid === uid);
  if (to === undefined) return [`leads nowhere: ${url}`];
  const [own, others] = [namesOf(from), namesOf(to)];
  const named = [...query.matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name);
  const carried = [...query.matchAll(/\$\{(\w+):queryparam\}/g)].map(([, name = '']) => name);
  const set = [...query.matchAll(/\bvar-(\w+)=/g)].map(([, name = '']) => name);
  const both = own.filter((name) => others.includes(name));
  return [
    ...named
      .filter((name) => !SELF_MADE.includes(name) && !own.includes(name))
      .map((name) => `a link takes ${name} along, which is not here`),
    ...(named.includes('__url_time_range') ? [] : ['a link drops the range']),
    ...both
      .filter((name) => !carried.includes(name) && !set.includes(name))
      .map((name) => `a link drops ${name}`),
    ...[...carried, ...set]
      .filter((name) => !others.includes(name))
      .map((name) => `a link tells ${uid} of ${name}, which it does not have`),
    ...set
      .filter((name) => carried.includes(name))
      .map((name) => `a link both takes ${name} along and sets it`),
  ];
}

function linksOf(overrides: NonNullable<PanelJson['fieldConfig']>['overrides']): string[] {
  return overrides.flatMap(({ properties }) =>
    properties
      .filter(({ id }) => id === 'links')
      .flatMap(({ value }) => (value as readonly { readonly url: string }[]).map(({ url }) => url)),
  );
}

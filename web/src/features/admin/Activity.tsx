import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useMemo, useState, type ComponentType } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import type { TimeChartProps } from "@/components/chart/TimeChart";
import { Button } from "@/components/ui/Button";
import { cx } from "@/components/ui/cx";
import { LoadFailed } from "@/components/ui/LoadFailed";
import type { ActivityPeriod, Provider } from "@/lib/api/types";
import { download } from "@/lib/clipboard";
import { toCsv } from "@/lib/csv";
import { useDelayed } from "@/lib/delay";
import { moment } from "@/lib/i18n/moment";
import { activityRows, busyPeriods, sums } from "./figures";
import { latency } from "./format";
import { cellClass, State, Table, tones, type Column, Why } from "./parts";
import { activityQuery, spans, type Span } from "./queries";

/** Fetched when there is something to draw. Where that fails the table says the same. */
const TimeChart = lazy<ComponentType<TimeChartProps>>(() => import("@/components/chart/TimeChart").catch(() => ({ default: () => null })));

/** How a provider is doing now, and how it did: as a picture, as a table, as a file. */
export function Activity({ provider }: { provider: Provider }) {
  const { t, language } = useTranslation("admin");
  const [span, setSpan] = useState<Span>("1h");
  const activity = useQuery(activityQuery(provider.name, span));
  const slow = useDelayed(activity.isPending);
  const periods = activity.data?.items;
  const total = sums(periods ?? []);
  return (
    <section aria-labelledby="activity" className="mt-8 flex flex-col gap-3 border-t border-line pt-5">
      <h3 id="activity" className="font-semibold">{t("activity.heading")}</h3>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm [&_dt]:text-muted">
        <dt>{t("provider.state")}</dt>
        <dd>
          <State tone={tones[provider.state]}>{t(`provider.states.${provider.state}`)}</State>
        </dd>
        {provider.latency_ms !== undefined && <dt>{t("provider.latency")}</dt>}
        {provider.latency_ms !== undefined && <dd className="tabular-nums">{latency(provider.latency_ms, language)}</dd>}
        {provider.checked_at && <dt>{t("provider.checkedAt")}</dt>}
        {provider.checked_at && <dd>{moment(provider.checked_at, language)}</dd>}
        <dt>{t("provider.lastError")}</dt>
        <dd>{provider.last_error === undefined ? t("never") : <Why kind={provider.last_error_class} words={provider.last_error} />}</dd>
      </dl>
      <div role="group" aria-label={t("activity.span")} className="flex gap-1">
        {spans.map((each) => (
          <Button key={each} kind={each === span ? "plain" : "quiet"} size="small" aria-pressed={each === span} className="forced-colors:aria-pressed:border-2 forced-colors:aria-pressed:!border-[Highlight]" onClick={() => setSpan(each)}>
            {t(`activity.spans.${each}`)}
          </Button>
        ))}
      </div>
      {slow && <p role="status" className="text-sm text-muted">{t("loading")}</p>}
      {activity.isError && <LoadFailed className="my-3" what={t("loadFailed")} error={activity.error} busy={activity.isFetching} retry={() => void activity.refetch()} />}
      {periods && (
        <p className="text-sm" aria-live="polite">
          {total.requests === 0 ? t("activity.none") : t("activity.sum", { count: total.requests, failures: total.failures })}
        </p>
      )}
      {periods && total.requests > 0 && <Figures periods={periods} name={`${provider.name}-${span}`} />}
      <p className="text-sm text-muted">{t("activity.note")}</p>
    </section>
  );
}

function Figures({ periods, name }: { periods: readonly ActivityPeriod[]; name: string }) {
  const { t, language } = useTranslation("admin");
  const columns: Column<never>[] = [
    { name: t("activity.time") },
    { name: t("activity.requests"), numeric: true },
    { name: t("activity.failures"), numeric: true },
    { name: t("activity.mean"), numeric: true },
    { name: t("activity.slowest"), numeric: true },
  ];
  const drawn = useMemo(
    () => ({
      times: periods.map(({ time }) => time),
      waits: [
        { label: t("activity.mean"), look: "line" as const, values: periods.map(({ first_token_ms }) => first_token_ms) },
        { label: t("activity.slowest"), look: "dashes" as const, values: periods.map(({ slowest_first_token_ms }) => slowest_first_token_ms) },
      ],
      counts: [
        { label: t("activity.requests"), look: "bars" as const, values: periods.map(({ requests }) => requests) },
        { label: t("activity.failures"), look: "filled" as const, values: periods.map(({ failures }) => failures) },
      ],
    }),
    [periods, t],
  );
  const time = useCallback((value: number) => (value === 0 ? "0" : latency(value, language)), [language]);
  const count = useCallback((value: number) => value.toLocaleString(language), [language]);
  const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const dayAndClock = new Intl.DateTimeFormat(language, { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const today = new Date().toDateString();
  const begin = (time: string) => (new Date(time).toDateString() === today ? clock : dayAndClock).format(new Date(time));
  const shown = (value: number | null) => (value === null ? "–" : latency(value, language));
  return (
    <>
      <Suspense fallback={<div className="h-84" />}>
        <TimeChart label={t("activity.firstToken")} times={drawn.times} series={drawn.waits} format={time} language={language} />
        <TimeChart label={t("activity.calls")} times={drawn.times} series={drawn.counts} format={count} language={language} />
      </Suspense>
      <div className="max-h-72 overflow-y-auto [&_:is(td,th):not(:first-child)]:ps-1.5 [&_:is(td,th):not(:last-child)]:pe-1.5">
        <Table label={t("activity.tableLabel")} columns={columns}>
          {busyPeriods(periods).map((period) => (
            <tr key={period.time}>
              <td className={cx(cellClass({}), "whitespace-nowrap tabular-nums")}>{begin(period.time)}</td>
              <td className={cellClass({ numeric: true })}>{period.requests.toLocaleString(language)}</td>
              <td className={cellClass({ numeric: true })}>{period.failures.toLocaleString(language)}</td>
              <td className={cellClass({ numeric: true })}>{shown(period.first_token_ms)}</td>
              <td className={cellClass({ numeric: true })}>{shown(period.slowest_first_token_ms)}</td>
            </tr>
          ))}
        </Table>
      </div>
      <Button size="small" icon="download" className="self-start" onClick={() => download(`${name}.csv`, "text/csv;charset=utf-8", toCsv(activityRows(periods)))}>
        {t("activity.csv")}
      </Button>
    </>
  );
}

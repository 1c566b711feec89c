import { useQuery } from "@tanstack/react-query";
import { Fragment, useRef, useState } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Button } from "@/components/ui/Button";
import { cx } from "@/components/ui/cx";
import { TextInput } from "@/components/ui/Field";
import { LoadFailed } from "@/components/ui/LoadFailed";
import { Empty } from "@/components/ui/Notice";
import { useKeptFocus } from "@/components/ui/useKeptFocus";
import type { Provider } from "@/lib/api/types";
import { useDelayed } from "@/lib/delay";
import { moment } from "@/lib/i18n/moment";
import { latency } from "./format";
import { ModelTable } from "./ModelTable";
import { aboveReason, cellClass, nameCell, Pager, ReasonRow, RowName, State, Table, tones, Why, type Column, type Order } from "./parts";
import { NewProviderPanel, ProviderPanel } from "./ProviderPanel";
import { providerPageQuery } from "./queries";
import { useListView } from "./useListView";

type Sort = "name" | "kind" | "state" | "latency_ms" | "model_count";

/** Who serves models, how they are doing, and which models there are. */
export function ModelsSection() {
  const { t } = useTranslation("admin");
  const list = useListView<Sort>({ by: "name", descending: false });
  const providers = useQuery(providerPageQuery(list.query));
  const slow = useDelayed(providers.isPending);
  const items = providers.data?.items ?? [];
  const place = useRef<HTMLElement>(null);
  useKeptFocus(place);
  const [open, setOpen] = useState<{ name: string } | "new" | null>(null);
  const name = open === null || open === "new" ? null : open.name;
  const chosen = items.find((provider) => provider.name === name);
  const [kept, setKept] = useState<Provider>();
  if (chosen && chosen !== kept) setKept(chosen);
  // One that is looked at stays in the panel when the page of the list no longer holds it.
  const edited = chosen ?? (kept?.name === name ? kept : undefined);

  return (
    <div className="flex min-h-0 grow">
      <div className="min-w-0 grow overflow-y-auto px-5 py-4">
        <section ref={place} tabIndex={-1} aria-labelledby="providers" className="outline-none">
          <div className="mb-2 flex flex-wrap items-start gap-3">
            <div className="max-w-prose grow basis-64">
              <h2 id="providers" className="font-semibold">{t("provider.heading")}</h2>
              <p className="text-sm text-muted">{t("provider.lead")}</p>
            </div>
            <TextInput type="search" aria-label={t("provider.filter")} placeholder={t("provider.filter")} className="grow basis-40 sm:max-w-72" value={list.text} onChange={(event) => list.setText(event.target.value)} />
            <Button kind="primary" icon="plus" className="ms-auto" onClick={() => setOpen("new")}>
              {t("provider.add")}
            </Button>
          </div>
          {slow && <p role="status" className="py-3 text-sm text-muted">{t("loading")}</p>}
          {providers.isError && <LoadFailed className="my-3" what={t("loadFailed")} error={providers.error} busy={providers.isFetching} retry={() => void providers.refetch()} />}
          {providers.isSuccess && items.length === 0 && <Empty title={list.filter === "" ? t("provider.empty") : t("provider.noMatch", { query: list.filter })} />}
          {items.length > 0 && <ProviderTable providers={items} order={list.order} onOrder={list.setOrder} open={edited?.name} onOpen={(opened) => setOpen({ name: opened })} />}
          <Pager view={list} next={providers.data?.next ?? null} busy={providers.isPlaceholderData} />
        </section>
        <ModelTable />
      </div>
      {open === "new" && <NewProviderPanel onClose={() => setOpen(null)} />}
      {edited && <ProviderPanel key={edited.name} provider={edited} onClose={() => setOpen(null)} />}
    </div>
  );
}

function ProviderTable({ providers, order, onOrder, open, onOpen }: { providers: Provider[]; order: Order<Sort>; onOrder: (order: Order<Sort>) => void; open: string | undefined; onOpen: (name: string) => void }) {
  const { t, language } = useTranslation("admin");
  const columns: Column<Sort>[] = [
    { name: t("provider.name"), sort: "name" },
    { name: t("provider.state"), sort: "state" },
    { name: t("provider.latency"), sort: "latency_ms", numeric: true },
    { name: t("provider.modelCount"), sort: "model_count", numeric: true },
    { name: t("provider.kind"), sort: "kind", wide: true },
    { name: t("provider.origin"), wide: true },
    { name: t("provider.lastError"), wide: true },
  ];
  return (
    <Table label={t("provider.tableLabel")} columns={columns} order={order} onOrder={onOrder}>
      {providers.map((provider) => (
        <Fragment key={provider.name}>
          <tr className={cx(provider.name === open && "bg-hover", aboveReason(provider))}>
            <td className={nameCell}>
              <RowName label={t("provider.edit", { name: provider.name })} open={provider.name === open} onOpen={() => onOpen(provider.name)}>
                {provider.name}
              </RowName>
              <div className="max-w-64 truncate text-muted max-md:hidden" title={provider.base_url}>
                {provider.base_url}
              </div>
            </td>
            <td className={cellClass({})}>
              <State tone={tones[provider.state]}>{t(`provider.states.${provider.state}`)}</State>
            </td>
            <td className={cellClass({ numeric: true })}>{provider.latency_ms === undefined ? "–" : latency(provider.latency_ms, language)}</td>
            <td className={cellClass({ numeric: true })}>{provider.model_count}</td>
            <td className={cx(cellClass({ wide: true }), "whitespace-nowrap")}>{t(`provider.kinds.${provider.kind}`)}</td>
            <td className={cx(cellClass({ wide: true }), "whitespace-nowrap")}>{t(`provider.origins.${provider.origin}`)}</td>
            <td className={cellClass({ wide: true })}>
              <div className="max-w-72">
                {/* Why it cannot be reached stands with its state already. */}
                {provider.last_error === undefined ? t("never") : provider.last_error !== provider.reason && <Why kind={provider.last_error_class} words={provider.last_error} />}
                {provider.last_error && provider.state !== "ready" && provider.checked_at && <div className="text-muted">{moment(provider.checked_at, language)}</div>}
              </div>
            </td>
          </tr>
          <ReasonRow of={provider} columns={columns.filter(({ wide }) => !wide).length} className={provider.name === open ? "bg-hover" : undefined} />
        </Fragment>
      ))}
    </Table>
  );
}

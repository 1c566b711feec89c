import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/Button";
import { TextInput } from "@/components/ui/Field";
import { Empty } from "@/components/ui/Notice";
import { modelsQuery } from "@/lib/api/queries";
import type { Model, Provider } from "@/lib/api/types";
import { useDelayed } from "@/lib/delay";
import { latency, moment } from "./format";
import { cellClass, LoadFailed, RowName, State, Table, type Column } from "./parts";
import { NewProviderPanel, ProviderPanel } from "./ProviderPanel";
import { providersQuery } from "./queries";

const tones = { ready: "good", unreachable: "bad", denied: "warning", unknown: "quiet" } as const;

/** Who serves models, how they are doing, and which models there are. */
export function ModelsSection() {
  const { t } = useTranslation("admin");
  const providers = useQuery(providersQuery);
  const slow = useDelayed(providers.isPending);
  const [open, setOpen] = useState<{ name: string } | "new" | null>(null);
  const edited = open !== null && open !== "new" ? providers.data?.find(({ name }) => name === open.name) : undefined;
  const names = providers.data?.map(({ name }) => name) ?? [];

  return (
    <div className="flex min-h-0 grow">
      <div className="min-w-0 grow overflow-y-auto px-5 py-4">
        <section aria-labelledby="providers">
          <div className="mb-2 flex flex-wrap items-start gap-3">
            <div className="max-w-prose grow basis-64">
              <h2 id="providers" className="font-semibold">{t("provider.heading")}</h2>
              <p className="text-sm text-muted">{t("provider.lead")}</p>
            </div>
            <Button kind="primary" icon="plus" className="ms-auto" onClick={() => setOpen("new")}>
              {t("provider.add")}
            </Button>
          </div>
          {slow && <p role="status" className="py-3 text-sm text-muted">{t("loading")}</p>}
          {providers.isError && <LoadFailed error={providers.error} retry={() => void providers.refetch()} />}
          {providers.data?.length === 0 && <Empty title={t("provider.empty")} />}
          {providers.data && providers.data.length > 0 && (
            <ProviderTable providers={providers.data} open={edited?.name} onOpen={(name) => setOpen({ name })} />
          )}
        </section>
        <ModelTable />
      </div>
      {open === "new" && <NewProviderPanel taken={names} onClose={() => setOpen(null)} />}
      {edited && <ProviderPanel key={edited.name} provider={edited} onClose={() => setOpen(null)} />}
    </div>
  );
}

function ProviderTable({ providers, open, onOpen }: { providers: Provider[]; open: string | undefined; onOpen: (name: string) => void }) {
  const { t, i18n } = useTranslation("admin");
  const columns: Column<never>[] = [
    { name: t("provider.name") },
    { name: t("provider.state") },
    { name: t("provider.latency"), numeric: true },
    { name: t("provider.modelCount"), numeric: true },
    { name: t("provider.kind"), wide: true },
    { name: t("provider.origin"), wide: true },
    { name: t("provider.lastError"), wide: true },
  ];
  return (
    <Table label={t("provider.tableLabel")} columns={columns}>
      {providers.map((provider) => (
        <tr key={provider.name} className={provider.name === open ? "bg-hover" : undefined}>
          <td className={cellClass({})}>
            <RowName label={t("provider.edit", { name: provider.name })} open={provider.name === open} onOpen={() => onOpen(provider.name)}>
              {provider.name}
            </RowName>
            <div className="max-w-64 truncate text-muted max-md:hidden" title={provider.base_url}>
              {provider.base_url}
            </div>
          </td>
          <td className={cellClass({})}>
            <State tone={tones[provider.state]}>{t(`provider.states.${provider.state}`)}</State>
            {provider.reason && <div className="max-w-64 text-muted">{provider.reason}</div>}
          </td>
          <td className={cellClass({ numeric: true })}>{provider.latency_ms === undefined ? "–" : latency(provider.latency_ms, i18n.language)}</td>
          <td className={cellClass({ numeric: true })}>{provider.model_count}</td>
          <td className={cellClass({ wide: true })}>{t(`provider.kinds.${provider.kind}`)}</td>
          <td className={cellClass({ wide: true })}>{t(`provider.origins.${provider.origin}`)}</td>
          <td className={cellClass({ wide: true })}>
            <div className="max-w-72">
              {provider.last_error ?? t("never")}
              {provider.last_error && provider.state !== "ready" && provider.checked_at && <div className="text-muted">{moment(provider.checked_at, i18n.language)}</div>}
            </div>
          </td>
        </tr>
      ))}
    </Table>
  );
}

/** The server sends all models at once, so this list is filtered here. */
function ModelTable() {
  const { t } = useTranslation("admin");
  const models = useQuery({ ...modelsQuery, refetchInterval: 30_000 });
  const [text, setText] = useState("");
  const wanted = text.trim().toLocaleLowerCase();
  const shown = models.data?.filter((model) => `${model.name}\n${model.id}`.toLocaleLowerCase().includes(wanted)) ?? [];
  const columns: Column<never>[] = [{ name: t("model.name") }, { name: t("model.provider") }, { name: t("model.state") }, { name: t("model.window"), numeric: true, wide: true }];
  return (
    <section aria-labelledby="models" className="mt-10">
      <div className="mb-2 flex flex-wrap items-center gap-3">
        <h2 id="models" className="font-semibold">{t("model.heading")}</h2>
        <TextInput type="search" aria-label={t("model.filter")} placeholder={t("model.filter")} className="ms-auto max-w-72 max-md:max-w-none" value={text} onChange={(event) => setText(event.target.value)} />
      </div>
      {models.isError && <LoadFailed error={models.error} retry={() => void models.refetch()} />}
      {models.isSuccess && shown.length === 0 && <Empty title={wanted === "" ? t("model.empty") : t("model.noMatch", { query: text.trim() })} />}
      {shown.length > 0 && (
        <Table label={t("model.tableLabel")} columns={columns}>
          {shown.map((model) => (
            <tr key={model.id}>
              <td className={cellClass({})}>
                {model.name}
                {model.id !== `${model.provider}/${model.name}` && <div className="text-muted">{model.id}</div>}
              </td>
              <td className={cellClass({})}>{model.provider}</td>
              <td className={cellClass({})}>
                <ModelState model={model} />
              </td>
              <td className={cellClass({ numeric: true, wide: true })}>
                {model.window === undefined ? "–" : t("model.tokens", { count: model.window })}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

function ModelState({ model }: { model: Model }) {
  const { t } = useTranslation("admin");
  return (
    <>
      <State tone={tones[model.state]}>{t(`provider.states.${model.state}`)}</State>
      {model.reason && <div className="max-w-72 text-muted">{model.reason}</div>}
    </>
  );
}

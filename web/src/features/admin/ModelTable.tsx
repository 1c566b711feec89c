import { useQuery } from "@tanstack/react-query";
import { Fragment } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { cx } from "@/components/ui/cx";
import { TextInput } from "@/components/ui/Field";
import { LoadFailed } from "@/components/ui/LoadFailed";
import { Empty } from "@/components/ui/Notice";
import { useDelayed } from "@/lib/delay";
import { aboveReason, cellClass, nameCell, Pager, ReasonRow, State, Table, tones, type Column } from "./parts";
import { modelPageQuery } from "./queries";
import { useListView } from "./useListView";

type Sort = "id" | "name" | "provider" | "state" | "window";

/** Every model of every provider. */
export function ModelTable() {
  const { t } = useTranslation("admin");
  const list = useListView<Sort>({ by: "provider", descending: false });
  const models = useQuery(modelPageQuery(list.query));
  const slow = useDelayed(models.isPending);
  const items = models.data?.items ?? [];
  const columns: Column<Sort>[] = [
    { name: t("model.name"), sort: "name" },
    { name: t("model.provider"), sort: "provider" },
    { name: t("model.state"), sort: "state" },
    { name: t("model.window"), sort: "window", numeric: true, wide: true },
  ];
  return (
    <section aria-labelledby="models" className="mt-10">
      <div className="mb-2 flex flex-wrap items-center gap-3">
        <h2 id="models" className="font-semibold">{t("model.heading")}</h2>
        <TextInput type="search" aria-label={t("model.filter")} placeholder={t("model.filter")} className="ms-auto max-w-72 max-md:max-w-none" value={list.text} onChange={(event) => list.setText(event.target.value)} />
      </div>
      {slow && <p role="status" className="py-3 text-sm text-muted">{t("loading")}</p>}
      {models.isError && <LoadFailed className="my-3" what={t("loadFailed")} error={models.error} busy={models.isFetching} retry={() => void models.refetch()} />}
      {models.isSuccess && items.length === 0 && <Empty title={list.filter === "" ? t("model.empty") : t("model.noMatch", { query: list.filter })} />}
      {items.length > 0 && (
        <Table label={t("model.tableLabel")} columns={columns} order={list.order} onOrder={list.setOrder}>
          {items.map((model) => (
            <Fragment key={model.id}>
              <tr className={aboveReason(model)}>
                <td className={nameCell}>
                  {model.name}
                  {model.id !== `${model.provider}/${model.name}` && <div className="text-muted">{model.id}</div>}
                </td>
                <td className={cx(cellClass({}), "@xl:whitespace-nowrap")}>{model.provider}</td>
                <td className={cellClass({})}>
                  <State tone={tones[model.state]}>{t(`provider.states.${model.state}`)}</State>
                </td>
                <td className={cellClass({ numeric: true, wide: true })}>{model.window === undefined ? "–" : t("model.tokens", { count: model.window })}</td>
              </tr>
              <ReasonRow of={model} columns={columns.filter(({ wide }) => !wide).length} />
            </Fragment>
          ))}
        </Table>
      )}
      <Pager view={list} next={models.data?.next ?? null} busy={models.isPlaceholderData} />
    </section>
  );
}

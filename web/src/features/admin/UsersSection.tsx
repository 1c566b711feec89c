import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Button } from "@/components/ui/Button";
import { cx } from "@/components/ui/cx";
import { TextInput } from "@/components/ui/Field";
import { LoadFailed } from "@/components/ui/LoadFailed";
import { Empty } from "@/components/ui/Notice";
import { useKeptFocus } from "@/components/ui/useKeptFocus";
import { api, body } from "@/lib/api/client";
import { sessionQuery } from "@/lib/api/queries";
import type { ManagedUser } from "@/lib/api/types";
import { useDelayed } from "@/lib/delay";
import { moment } from "@/lib/i18n/moment";
import { cellClass, nameCell, Pager, RowName, State, Table, type Column } from "./parts";
import { adminKeys } from "./keys";
import { useListView } from "./useListView";
import { UserPanel, NewUserPanel } from "./UserPanel";

/** Stands for the form of a new user; ids are UUIDs. */
const adding = "new";
type Sort = "username" | "created_at" | "last_seen_at";

/** Everyone who can sign in. */
export function UsersSection() {
  const { t, language } = useTranslation("admin");
  const list = useListView<Sort>({ by: "username", descending: false });
  const { filter } = list;
  const [open, setOpen] = useState<string | null>(null);
  const session = useQuery(sessionQuery);
  const place = useRef<HTMLElement>(null);
  useKeptFocus(place);

  const users = useQuery({
    queryKey: adminKeys.users(list.query),
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => body(api.GET("/api/admin/users", { params: { query: list.query }, signal })),
  });
  const slow = useDelayed(users.isPending);
  const items = users.data?.items ?? [];
  const next = users.data?.next ?? null;
  const chosen = items.find((user) => user.id === open);
  const [kept, setKept] = useState<ManagedUser>();
  if (chosen && chosen !== kept) setKept(chosen);
  // A user being edited stays in the panel when the list no longer holds them.
  const edited = chosen ?? (kept?.id === open ? kept : undefined);

  const columns: Column<Sort>[] = [
    { name: t("user.username"), sort: "username" },
    { name: t("user.name"), roomy: true },
    { name: t("user.role") },
    { name: t("user.state") },
    { name: t("user.lastSeenAt"), sort: "last_seen_at", wide: true },
    { name: t("user.createdAt"), sort: "created_at", wide: true },
  ];
  return (
    <div className="flex min-h-0 grow">
      <section ref={place} tabIndex={-1} aria-label={t("users")} className="min-w-0 grow overflow-y-auto px-5 py-4 outline-none">
        <div className="mb-3 flex flex-wrap items-center gap-3">
          <TextInput type="search" aria-label={t("user.filter")} placeholder={t("user.filter")} className="grow basis-40 sm:max-w-72" value={list.text} onChange={(event) => list.setText(event.target.value)} />
          <Button kind="primary" icon="plus" className="ms-auto" onClick={() => setOpen(adding)}>
            {t("user.add")}
          </Button>
        </div>
        {slow && <p role="status" className="py-3 text-sm text-muted">{t("loading")}</p>}
        {users.isError && <LoadFailed className="my-3" what={t("loadFailed")} error={users.error} busy={users.isFetching} retry={() => void users.refetch()} />}
        {users.isSuccess && items.length === 0 && <Empty title={t(filter === "" ? "user.empty" : "user.noMatch", { query: filter })} />}
        {items.length > 0 && (
          <Table label={t("user.tableLabel")} columns={columns} order={list.order} onOrder={list.setOrder}>
            {items.map((user) => (
              <tr key={user.id} className={user.id === open ? "bg-hover" : undefined}>
                <td className={nameCell}>
                  <RowName label={t("user.edit", { username: user.username })} open={user.id === open} onOpen={() => setOpen(user.id)}>
                    {user.username}
                  </RowName>
                  {user.id === session.data?.user.id && <span className="ms-2 text-muted">{t("user.you")}</span>}
                  {user.name !== "" && user.name !== user.username && <div className="pb-1 text-muted @xl:hidden">{user.name}</div>}
                </td>
                <td className={cx(cellClass({ roomy: true }), "min-w-28 wrap-anywhere")}>{user.name}</td>
                <td className={cx(cellClass({}), "whitespace-nowrap")}>{t(`user.roles.${user.role}`)}</td>
                <td className={cellClass({})}>
                  <State tone={user.disabled ? "quiet" : "good"}>{t(user.disabled ? "user.disabled" : "user.active")}</State>
                </td>
                <td className={cellClass({ wide: true })}>{user.last_seen_at === null ? t("never") : moment(user.last_seen_at, language)}</td>
                <td className={cellClass({ wide: true })}>{moment(user.created_at, language)}</td>
              </tr>
            ))}
          </Table>
        )}
        {items.length === 1 && filter === "" && list.page === 1 && next === null && <p className="py-3 text-sm text-muted">{t("user.empty")}</p>}
        <Pager view={list} next={next} busy={users.isPlaceholderData} />
      </section>
      {open === adding && <NewUserPanel onClose={() => setOpen(null)} />}
      {edited && <UserPanel key={edited.id} user={edited} onClose={() => setOpen(null)} />}
    </div>
  );
}

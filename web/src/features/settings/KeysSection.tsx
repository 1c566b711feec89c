import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Button } from "@/components/ui/Button";
import { Field, TextInput } from "@/components/ui/Field";
import { LoadFailed } from "@/components/ui/LoadFailed";
import { Empty, Notice } from "@/components/ui/Notice";
import { toast } from "@/components/ui/toast";
import { useFirstWrong } from "@/components/ui/useFirstWrong";
import { Waiting } from "@/components/ui/Waiting";
import { api, body } from "@/lib/api/client";
import { fieldOf } from "@/lib/api/errors";
import type { CreatedKey, Key } from "@/lib/api/types";
import { copy } from "@/lib/clipboard";
import { describe } from "@/lib/i18n/problems";
import { Refused } from "@/components/ui/Refused";
import { moment } from "@/lib/i18n/moment";
import { Group } from "./parts";
import { apiKeysQuery } from "./queries";

export function KeysSection() {
  const { t } = useTranslation("settings");
  const client = useQueryClient();
  const keys = useQuery(apiKeysQuery);
  const [name, setName] = useState("");
  const [created, setCreated] = useState<CreatedKey | null>(null);
  const create = useMutation({
    mutationFn: () => body(api.POST("/api/keys", { body: { name: name.trim() } })),
    onSuccess: (key) => {
      setCreated(key);
      setName("");
      return client.invalidateQueries({ queryKey: apiKeysQuery.queryKey });
    },
  });
  const refused = fieldOf(create.error) === "name";
  const { form } = useFirstWrong(create);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== "" && !create.isPending) create.mutate();
  };
  return (
    <Group title={t("keys")} hint={t("keysHint")}>
      <form ref={form} onSubmit={submit} className="flex items-start gap-2">
        <div className="min-w-0 grow">
          <Field label={t("keyName")} error={refused ? describe(create.error, t) : undefined}>
            {(ids) => <TextInput {...ids} value={name} maxLength={100} placeholder={t("keyNameExample")} onChange={(event) => setName(event.target.value)} />}
          </Field>
        </div>
        {/* Beside the field, below the height of its label: what is said under the field does not move it. */}
        <Button type="submit" kind="primary" className="mt-6" disabled={name.trim() === "" || create.isPending}>
          {t("createKey")}
        </Button>
      </form>
      {!refused && <Refused error={create.error} />}
      {created && <NewKey created={created} onDone={() => setCreated(null)} />}
      {keys.isPending && <Waiting />}
      {keys.isError && <LoadFailed what={t("loadFailed")} error={keys.error} busy={keys.isFetching} retry={() => void keys.refetch()} />}
      {keys.data?.length === 0 && !created && <Empty title={t("noKeys")}>{t("noKeysText")}</Empty>}
      <ul className="flex flex-col">
        {keys.data?.map((key) => (
          <KeyRow key={key.id} item={key} />
        ))}
      </ul>
    </Group>
  );
}

function NewKey({ created, onDone }: { created: CreatedKey; onDone: () => void }) {
  const { t } = useTranslation("settings");
  const [copied, setCopied] = useState(false);
  const take = async () => {
    try {
      await copy(created.key);
      setCopied(true);
    } catch {
      toast({ kind: "error", text: t("copyFailed") });
    }
  };
  return (
    <Notice
      actions={
        <>
          <Button size="small" icon={copied ? "check" : "copy"} onClick={() => void take()}>
            {copied ? t("common:copied") : t("common:copy")}
          </Button>
          <Button size="small" onClick={onDone}>
            {t("common:close")}
          </Button>
        </>
      }
    >
      <p role="status">{t("keyOnce", { name: created.name })}</p>
      <code className="mt-1 block break-all select-all">{created.key}</code>
    </Notice>
  );
}

function KeyRow({ item }: { item: Key }) {
  const { t, language } = useTranslation("settings");
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const revoke = useMutation({
    mutationFn: () => api.DELETE("/api/keys/{id}", { params: { path: { id: item.id } } }),
    onMutate: async () => {
      await client.cancelQueries({ queryKey: apiKeysQuery.queryKey });
      client.setQueryData(apiKeysQuery.queryKey, (known) => known?.filter(({ id }) => id !== item.id));
    },
    onSuccess: () => void toast({ text: t("keyRevoked", { name: item.name }) }),
    onError: (error) => toast({ kind: "error", text: describe(error, t) }),
    onSettled: () => client.invalidateQueries({ queryKey: apiKeysQuery.queryKey }),
  });
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b border-line py-2.5 first:border-t">
      <div className="min-w-0 grow basis-60">
        <p className="truncate text-[0.9375rem]">
          {item.name} <code className="ms-1 text-muted">{item.prefix}…</code>
        </p>
        <p className="text-sm text-muted">
          {item.last_used_at === null ? t("neverUsed") : t("lastUsed", { time: moment(item.last_used_at, language) })}
          {" · "}
          {t("createdAt", { time: moment(item.created_at, language) })}
        </p>
      </div>
      {asking ? (
        <div className="flex items-center gap-2">
          <span className="text-sm">{t("revokeQuestion")}</span>
          <Button size="small" kind="danger" autoFocus onClick={() => revoke.mutate()}>
            {t("revoke")}
          </Button>
          <Button size="small" onClick={() => setAsking(false)}>
            {t("common:cancel")}
          </Button>
        </div>
      ) : (
        <Button size="small" onClick={() => setAsking(true)} aria-label={t("revokeOf", { name: item.name })}>
          {t("revoke")}
        </Button>
      )}
    </li>
  );
}

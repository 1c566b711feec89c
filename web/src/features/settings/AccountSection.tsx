import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Button } from "@/components/ui/Button";
import { Field } from "@/components/ui/Field";
import { LoadFailed } from "@/components/ui/LoadFailed";
import { PasswordInput } from "@/components/ui/Password";
import { toast } from "@/components/ui/toast";
import { useFirstWrong } from "@/components/ui/useFirstWrong";
import { Waiting } from "@/components/ui/Waiting";
import { api } from "@/lib/api/client";
import { fieldOf, isApiError } from "@/lib/api/errors";
import { sessionQuery } from "@/lib/api/queries";
import type { SessionInfo } from "@/lib/api/types";
import { describe } from "@/lib/i18n/problems";
import { minimumPasswordLength, passwordLongEnough } from "@/lib/password";
import { Refused } from "@/components/ui/Refused";
import { moment } from "@/lib/i18n/moment";
import { deviceOf } from "./device";
import { Group } from "./parts";
import { sessionsQuery } from "./queries";

export function AccountSection() {
  const { t } = useTranslation("settings");
  const session = useQuery(sessionQuery);
  const user = session.data?.user;
  return (
    <>
      <Group title={t("account")}>
        <dl className="grid grid-cols-[max-content_1fr] gap-x-6 gap-y-1.5">
          <dt className="text-muted">{t("username")}</dt>
          <dd>{user?.username}</dd>
          <dt className="text-muted">{t("name")}</dt>
          <dd>{user?.name || t("unnamed")}</dd>
          <dt className="text-muted">{t("role")}</dt>
          <dd>{user && t(`roles.${user.role}`)}</dd>
        </dl>
      </Group>
      <PasswordForm username={user?.username ?? ""} />
      <Sessions />
    </>
  );
}

function PasswordForm({ username }: { username: string }) {
  const { t } = useTranslation("settings");
  const client = useQueryClient();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [short, setShort] = useState(false);
  const change = useMutation({
    mutationFn: () => api.PUT("/api/session/password", { body: { current, new: next } }),
    onSuccess: () => {
      setCurrent("");
      setNext("");
      toast({ text: t("passwordChanged") });
      return client.invalidateQueries({ queryKey: sessionsQuery.queryKey });
    },
  });
  const wrong = isApiError(change.error, "wrong_credentials");
  const refused = !wrong && fieldOf(change.error) === "password";
  const { form, look } = useFirstWrong(change);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setShort(!passwordLongEnough(next));
    if (!passwordLongEnough(next)) {
      change.reset();
      look();
    } else if (!change.isPending) change.mutate();
  };
  return (
    <Group title={t("password")} hint={t("passwordHint")}>
      <form ref={form} className="flex max-w-sm flex-col gap-4" onSubmit={submit} noValidate>
        <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
        <Field label={t("currentPassword")} error={wrong ? t("wrongPassword") : undefined}>
          {(ids) => <PasswordInput {...ids} autoComplete="current-password" value={current} onChange={(event) => setCurrent(event.target.value)} />}
        </Field>
        <Field label={t("newPassword")} hint={t("passwordLength", { count: minimumPasswordLength })} error={short ? t("passwordShort", { count: minimumPasswordLength }) : refused ? describe(change.error, t) : undefined}>
          {(ids) => <PasswordInput {...ids} autoComplete="new-password" value={next} onChange={(event) => setNext(event.target.value)} />}
        </Field>
        {!wrong && !refused && <Refused error={change.error} />}
        <div>
          <Button type="submit" kind="primary" disabled={current === "" || next === "" || change.isPending}>
            {t("changePassword")}
          </Button>
        </div>
      </form>
    </Group>
  );
}

function Sessions() {
  const { t } = useTranslation("settings");
  const client = useQueryClient();
  const sessions = useQuery(sessionsQuery);
  const others = sessions.data?.filter(({ current }) => !current) ?? [];
  const end = useMutation({
    mutationFn: async (ended: readonly SessionInfo[]) => {
      for (const { id } of ended) await api.DELETE("/api/sessions/{id}", { params: { path: { id } } });
    },
    onMutate: async (ended) => {
      await client.cancelQueries({ queryKey: sessionsQuery.queryKey });
      client.setQueryData(sessionsQuery.queryKey, (known) => known?.filter((session) => !ended.includes(session)));
    },
    onError: (error) => toast({ kind: "error", text: describe(error, t) }),
    onSettled: () => client.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
  return (
    <Group title={t("sessions")} hint={t("sessionsHint")}>
      {sessions.isPending && <Waiting />}
      {sessions.isError && <LoadFailed what={t("loadFailed")} error={sessions.error} busy={sessions.isFetching} retry={() => void sessions.refetch()} />}
      <ul className="flex flex-col">
        {sessions.data?.map((session) => (
          <SessionRow key={session.id} session={session} onEnd={() => end.mutate([session])} />
        ))}
      </ul>
      {others.length > 1 && (
        <div>
          <Button onClick={() => end.mutate(others)}>{t("endOthers")}</Button>
        </div>
      )}
    </Group>
  );
}

function SessionRow({ session, onEnd }: { session: SessionInfo; onEnd: () => void }) {
  const { t, language } = useTranslation("settings");
  const { browser, system } = deviceOf(session.user_agent);
  const device = [browser, system].filter((part) => part !== null).join(" · ") || t("unknownDevice");
  return (
    <li className="flex items-center gap-3 border-b border-line py-2.5 first:border-t">
      <div className="min-w-0 grow" title={session.user_agent}>
        <p className="text-[0.9375rem]">{device}</p>
        <p className="text-sm text-muted">
          {session.current ? t("thisDevice") : t("lastUsed", { time: moment(session.last_used_at, language) })}
          {" · "}
          {t("signedIn", { time: moment(session.created_at, language) })}
        </p>
      </div>
      {!session.current && (
        <Button size="small" onClick={onEnd} aria-label={t("endOf", { device })}>
          {t("end")}
        </Button>
      )}
    </li>
  );
}

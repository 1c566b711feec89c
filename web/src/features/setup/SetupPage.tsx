import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Button } from "@/components/ui/Button";
import { EntryPage } from "@/components/ui/EntryPage";
import { Field, TextInput } from "@/components/ui/Field";
import { PasswordInput } from "@/components/ui/Password";
import { useFirstWrong } from "@/components/ui/useFirstWrong";
import { api, body } from "@/lib/api/client";
import { fieldOf, isApiError } from "@/lib/api/errors";
import { keys, sessionQuery, setupQuery } from "@/lib/api/queries";
import { useDelayed } from "@/lib/delay";
import { describe } from "@/lib/i18n/problems";
import { minimumPasswordLength, passwordLongEnough } from "@/lib/password";
import { navigate } from "@/lib/router";
import { tokenOf } from "./token";
import "./texts";

/** Makes the first administrator, for whoever holds the one-time link that the server printed. */
export function SetupPage() {
  const { t } = useTranslation("setup");
  const setup = useQuery(setupQuery);
  const [token] = useState(() => tokenOf(location.hash));
  // Whoever is signed in need not sign in.
  const session = useQuery({ ...sessionQuery, enabled: setup.data?.needed === false });
  const waits = setup.isPending || session.isLoading;
  const slow = useDelayed(waits);
  // The link works once; it has no place in the history or in a screenshot of the address.
  useEffect(() => navigate("/setup", "replace"), []);

  if (waits) return slow && <EntryPage title={t("title")} lead={t("checking")}>{null}</EntryPage>;
  if (setup.isError) {
    return (
      <EntryPage title={t("title")} lead={t("network")}>
        <Button kind="primary" onClick={() => void setup.refetch()}>{t("retry")}</Button>
      </EntryPage>
    );
  }
  if (!setup.data.needed) {
    const signedIn = Boolean(session.data);
    return (
      <EntryPage title={t("doneTitle")} lead={t(signedIn ? "doneSignedIn" : "done")}>
        <Button kind="primary" onClick={() => navigate(signedIn ? "/" : "/login", "replace")}>{t(signedIn ? "toPage" : "toLogin")}</Button>
      </EntryPage>
    );
  }
  if (token === null) {
    return (
      <EntryPage title={t("noTokenTitle")} lead={t("noToken")}>
        <p className="text-sm text-muted">{t("noTokenRestart")}</p>
      </EntryPage>
    );
  }
  return (
    <EntryPage title={t("title")} lead={t("lead")}>
      <AdministratorForm token={token} />
    </EntryPage>
  );
}

function AdministratorForm({ token }: { token: string }) {
  const { t } = useTranslation("setup");
  const client = useQueryClient();
  const [missing, setMissing] = useState<"username" | "password" | null>(null);
  const username = useRef<HTMLInputElement>(null);
  const name = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);

  const create = useMutation({
    mutationFn: (fields: { username: string; password: string; name?: string }) => body(api.POST("/api/setup", { body: { token, ...fields } })),
    onSuccess: (session) => {
      client.setQueryData(keys.session, session);
      void client.invalidateQueries({ queryKey: keys.setup });
      navigate("/", "replace");
    },
    onError: (error) => {
      if (isApiError(error, "setup_done")) void client.invalidateQueries({ queryKey: keys.setup });
    },
  });

  const { form, look } = useFirstWrong(create);
  const refused = fieldOf(create.error);
  const why = (field: string) => (refused === field ? describe(create.error, t) : undefined);

  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    const user = username.current?.value.trim() ?? "";
    const shown = name.current?.value.trim() ?? "";
    const secret = password.current?.value ?? "";
    const lacking = user === "" ? "username" : passwordLongEnough(secret) ? null : "password";
    setMissing(lacking);
    if (lacking) {
      create.reset();
      look();
    } else if (!create.isPending) create.mutate({ username: user, password: secret, ...(shown === "" ? {} : { name: shown }) });
  };

  return (
    <form ref={form} noValidate onSubmit={submit} className="flex flex-col gap-4">
      <Field label={t("username")} hint={t("usernameHint")} error={missing === "username" ? t("needUsername") : why("username")}>
        {(ids) => <TextInput ref={username} autoFocus required autoComplete="username" autoCapitalize="none" autoCorrect="off" spellCheck={false} {...ids} />}
      </Field>
      <Field label={t("name")} hint={t("nameHint")} error={why("name")}>
        {(ids) => <TextInput ref={name} autoComplete="name" {...ids} />}
      </Field>
      <Field label={t("password")} hint={t("passwordHint", { count: minimumPasswordLength })} error={missing === "password" ? t("shortPassword", { count: minimumPasswordLength }) : why("password")}>
        {(ids) => <PasswordInput ref={password} required autoComplete="new-password" {...ids} />}
      </Field>
      {create.isError && !["username", "name", "password"].includes(refused ?? "") && (
        <p role="alert" className="text-sm text-danger">
          {isApiError(create.error, "wrong_setup_token") ? t("wrongToken") : describe(create.error, t)}
        </p>
      )}
      <Button type="submit" kind="primary" aria-disabled={create.isPending}>
        {t(create.isPending ? "submitting" : "submit")}
      </Button>
    </form>
  );
}

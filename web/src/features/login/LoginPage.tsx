import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Button } from "@/components/ui/Button";
import { EntryPage } from "@/components/ui/EntryPage";
import { Field, TextInput } from "@/components/ui/Field";
import { Notice } from "@/components/ui/Notice";
import { PasswordInput } from "@/components/ui/Password";
import { muteToasts } from "@/components/ui/toast";
import { useFirstWrong } from "@/components/ui/useFirstWrong";
import { api, body } from "@/lib/api/client";
import { isApiError } from "@/lib/api/errors";
import { forgetAnswers, keys, setupQuery } from "@/lib/api/queries";
import { describe } from "@/lib/i18n/problems";
import { navigate } from "@/lib/router";
import "./texts";

type Missing = "username" | "password";

/** Shown wherever a signed-out person is; signing in leads back to the same address. */
export function LoginPage() {
  const { t } = useTranslation("login");
  const client = useQueryClient();
  const setup = useQuery(setupQuery);
  const [missing, setMissing] = useState<Missing | null>(null);
  const username = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  // Whose session ended in mid-work sees why, not a bare form.
  const [ended] = useState(() => client.getQueryData(keys.ended) === true);
  // What was told whoever was here, or is told since, is for nobody else; that they are signed out is said by this page.
  useLayoutEffect(() => {
    const speak = muteToasts();
    return () => void speak();
  }, []);

  const signIn = useMutation({
    mutationFn: (credentials: { username: string; password: string }) => body(api.POST("/api/session", { body: credentials })),
    onSuccess: (session) => {
      forgetAnswers(client);
      client.setQueryData(keys.session, session);
      if (location.pathname === "/login") navigate("/", "replace");
    },
  });
  const wait = useCountdown(signIn.error);
  const { form, look } = useFirstWrong({ error: signIn.error, reset: () => wait === 0 && signIn.reset() });
  // Which of the two it was is not told; the password is the likelier one.
  const wrong = isApiError(signIn.error, "wrong_credentials");

  // Read from the fields when sent: password managers fill them without telling React.
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    const name = username.current?.value.trim() ?? "";
    const secret = password.current?.value ?? "";
    const lacking: Missing | null = name === "" ? "username" : secret === "" ? "password" : null;
    setMissing(lacking);
    if (lacking) {
      if (wait === 0) signIn.reset();
      look();
    } else if (!signIn.isPending && wait === 0) signIn.mutate({ username: name, password: secret });
  };

  return (
    <EntryPage title={t("title")} lead={setup.data?.needed ? undefined : t("lead")}>
      {setup.data?.needed && <Notice kind="warning">{t("setupNeeded")}</Notice>}
      {ended && !setup.data?.needed && <Notice>{t("ended")}</Notice>}
      <form ref={form} noValidate onSubmit={submit} className="flex flex-col gap-4">
        <Field label={t("username")} error={missing === "username" ? t("needUsername") : undefined}>
          {(ids) => <TextInput ref={username} autoFocus autoComplete="username" autoCapitalize="none" autoCorrect="off" spellCheck={false} {...ids} />}
        </Field>
        <Field label={t("password")} error={missing === "password" ? t("needPassword") : wrong ? t("wrong") : undefined}>
          {(ids) => <PasswordInput ref={password} autoComplete="current-password" {...ids} />}
        </Field>
        {signIn.isError && !wrong && (
          <p role="alert" className="text-sm text-danger">
            {wait > 0 ? t("throttled", { count: wait }) : isApiError(signIn.error, "network") ? t("network") : describe(signIn.error, t)}
          </p>
        )}
        <Button type="submit" kind="primary" aria-disabled={signIn.isPending || wait > 0}>
          {t(signIn.isPending ? "submitting" : "submit")}
        </Button>
      </form>
      <p className="text-sm text-muted">{t("forgot")}</p>
    </EntryPage>
  );
}

/** Seconds until the server takes another attempt; 0 when it does now. */
function useCountdown(error: Error | null): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    const seconds = isApiError(error, "too_many_requests") ? (error.retryAfter ?? 30) : 0;
    const until = Date.now() + seconds * 1000;
    const tick = () => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1000)));
    tick();
    if (seconds === 0) return;
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, [error]);
  return left;
}

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Suspense, useEffect } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Button } from "@/components/ui/Button";
import { Empty } from "@/components/ui/Notice";
import { Waiting } from "@/components/ui/Waiting";
import { endSession, sessionQuery } from "@/lib/api/queries";
import { LiveProvider } from "@/lib/events/LiveProvider";
import { navigate, useRoute } from "@/lib/router";
import { Shell } from "./Shell";
import { slots } from "./slots";

/** Decides who sees what: the set-up, the sign-in, or the shell. */
export function App() {
  const { t } = useTranslation();
  const route = useRoute();
  const client = useQueryClient();
  const session = useQuery({ ...sessionQuery, enabled: route.name !== "setup" });

  // Whoever comes to the sign-in by a bookmark or the way back, and is signed in.
  const needless = route.name === "login" && Boolean(session.data);
  useEffect(() => {
    if (needless) navigate("/", "replace");
  }, [needless]);

  if (route.name === "setup") return <Suspense>{slots.setup && <slots.setup />}</Suspense>;
  if (session.isLoadingError) {
    return (
      <main className="grid min-h-dvh place-items-center">
        <Empty as="h1" title={t("unreachable.title")} action={<Button kind="primary" onClick={() => void session.refetch()}>{t("retry")}</Button>}>
          {t("unreachable.text")}
        </Empty>
      </main>
    );
  }
  if (session.data === null) return <Suspense>{slots.login && <slots.login />}</Suspense>;
  if (session.data === undefined || route.name === "login") {
    return (
      <main className="grid min-h-dvh place-items-center">
        <Waiting />
      </main>
    );
  }
  const { user } = session.data;
  return (
    <LiveProvider key={user.id} onSignedOut={() => endSession(client)}>
      <Shell route={route} user={user} />
    </LiveProvider>
  );
}

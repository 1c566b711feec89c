import { useQuery } from "@tanstack/react-query";
import { Suspense, useState } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { later, Missing } from "@/components/ui/later";
import { Notice } from "@/components/ui/Notice";
import { configQuery, sessionQuery } from "@/lib/api/queries";

const ConnectModel = later(async () => (await import("./ConnectModel")).default, { missing: (again) => <Missing again={again} /> });

/** A server started meanwhile is noticed this soon. */
const lookMilliseconds = 10_000;

/** One line over the composer while only the built-in answers exist, with the way out of it. */
export function NoModelBar() {
  const { t } = useTranslation("noModel");
  const config = useQuery({ ...configQuery, refetchInterval: ({ state }) => (state.data?.model_connected === false ? lookMilliseconds : false) });
  const session = useQuery(sessionQuery);
  const [open, setOpen] = useState(false);
  const administrator = session.data?.user.role === "administrator";
  const missing = config.data?.model_connected === false;
  if (!missing && !open) return null;
  return (
    <>
      {missing && (
        <Notice
          className="mb-2"
          actions={
            administrator && (
              <Button kind="primary" size="small" onClick={() => setOpen(true)}>
                {t("open")}
              </Button>
            )
          }
        >
          {t(administrator ? "bar" : "barUser")}
        </Notice>
      )}
      <Dialog open={open} onClose={() => setOpen(false)} title={t("title")} width="max-w-xl">
        <Suspense fallback={<p className="text-sm text-muted">{t("loading")}</p>}>
          <ConnectModel onDone={() => setOpen(false)} />
        </Suspense>
      </Dialog>
    </>
  );
}

import { useTranslation } from "@/lib/i18n/i18n";
import { Button } from "@/components/ui/Button";
import { Notice } from "@/components/ui/Notice";
import { Details } from "@/components/ui/Details";
import { useChat } from "./context";
import type { Item } from "./conversation";

/** Whether a model ended as if it had answered, and there is nothing to see. */
function isEmpty({ state, finish, text, files }: Item): boolean {
  return state === "complete" && finish !== "filtered" && text.trim() === "" && files.length === 0;
}

/** Whether the line below says how to have the answer made again, so that no second button need. */
export function offersAgain(item: Item): boolean {
  const { state, text } = item;
  return isEmpty(item) || state === "failed" || state === "interrupted" || (state === "stopped" && text === "");
}

/** How an answer ended, when it did not end well: in words, with what to do about it. */
export function AnswerState({ item }: { item: Item }) {
  const { t } = useTranslation("chat");
  const { actions, running } = useChat();
  const again = (how: "regenerate" | "continue") => (
    <Button size="small" disabled={running} icon={how === "continue" ? "play" : "refresh"} onClick={() => void actions.again(item, how)}>
      {how === "continue" ? t("continue") : t("common:retry")}
    </Button>
  );
  switch (item.state) {
    case "stopped":
      return <Notice actions={again(item.text === "" ? "regenerate" : "continue")}>{t("stopped")}</Notice>;
    case "interrupted":
      return <Notice kind="warning" actions={again("regenerate")}>{t("interrupted")}</Notice>;
    case "failed":
      return (
        <Notice kind="danger" actions={again("regenerate")}>
          <Failure error={item.error} />
        </Notice>
      );
    case "complete":
      if (item.finish === "length") return <Notice actions={again(isEmpty(item) ? "regenerate" : "continue")}>{t("cutByLength")}</Notice>;
      if (item.finish === "filtered") return <Notice kind="warning">{t("filtered")}</Notice>;
      return isEmpty(item) ? <Notice actions={again("regenerate")}>{t("noAnswer")}</Notice> : null;
    case "pending":
      return null;
  }
}

/** What happened, whose fault it is, what to do; and the ids that whoever helps will ask for. */
function Failure({ error }: { error: Item["error"] }) {
  const { t } = useTranslation("chat");
  if (!error) return t("failure.unknown");
  const ids = [error.request_id && t("requestId", { id: error.request_id }), error.provider_request_id && t("providerRequestId", { id: error.provider_request_id })].filter(Boolean);
  return (
    <>
      <p>{t([error.provider ? `failure.${error.class}` : `failure.${error.class}_anywhere`, `failure.${error.class}`, "failure.unknown"], { provider: error.provider })}</p>
      {error.reason === "said" && error.detail ? (
        <p className="text-muted">{t("saidBy", { provider: error.provider, message: error.detail })}</p>
      ) : (
        <Details text={error.reason ? t([`reason.${error.reason}`, "reason.other"], { detail: error.detail }) : error.detail} />
      )}
      {ids.length > 0 && <p className="text-xs text-muted">{ids.join(" · ")}</p>}
    </>
  );
}

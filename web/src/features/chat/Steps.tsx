import type { Translate } from "@/lib/i18n/texts";
import { useTranslation } from "@/lib/i18n/i18n";
import { cx } from "@/components/ui/cx";
import { Icon } from "@/components/ui/Icon";
import type { Message, Step } from "@/lib/api/types";
import { useFold } from "./context";
import { langOf } from "./lang";
import { duration } from "./duration";
import { Passed, stepText } from "./Progress";

/** Steps of the machinery: told elsewhere, or for the model alone. */
const untold = ["history_cut", "files_named", "replay", "reasoning"];
/** Milliseconds that are worth telling. */
const noticed = 50;
/** Of waiting for a busy server, when it is over. */
const waitedLong = 1_000;

interface Props {
  /** Of the message: it names the fold. */
  id: string;
  steps: readonly Step[];
  reasoning: string;
  notice: Message["notice"];
  /** When it began, while nothing is written yet. */
  since: string | null;
}

/** Whether the line says what happens now, so that no other need. */
export function tellsWhatRuns(steps: readonly Step[], reasoning: string): boolean {
  return reasoning !== "" || told(steps).some(({ state }) => state === "running");
}

function told(steps: readonly Step[]): Step[] {
  return steps.filter(({ kind, name, detail }) => kind !== "model" || (name === "retry" ? (numberIn(detail, "ms") ?? 0) >= waitedLong : !untold.includes(name)));
}

/** What happened on the way to an answer and how long it took, in one line that opens. */
export function Steps({ id, steps, reasoning, notice, since }: Props) {
  const { t, language } = useTranslation("chat");
  const [open, setOpen] = useFold(id);
  const shown = told(steps);
  const cut = notice?.dropped ?? dropped(steps);
  const named = namedFiles(steps);
  if (shown.length === 0 && reasoning === "" && cut === null && named.length === 0) return null;
  const parts = [
    ...counted(shown.map((step) => summary(step, t)), t),
    ...(reasoning === "" ? [] : [since === null ? t("reasoned") : t("reasoning")]),
    ...(cut === null ? [] : [t("historyCut", { count: cut })]),
    ...(named.length === 0 ? [] : [t("filesNamed", { count: named.length })]),
  ];
  const took = steps.reduce((sum, step) => sum + (numberIn(step.detail, "ms") ?? 0), 0);
  const runs = since !== null && tellsWhatRuns(steps, reasoning);
  if (!runs && took >= noticed) parts.push(duration(took, t));
  return (
    <div className="text-sm">
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)} className="-ms-1 flex max-w-full items-center gap-1 rounded-md px-1 py-0.5 text-start pointer-coarse:py-2 text-muted hover:text-text">
        <Icon name="right" size={15} className={cx("shrink-0", open && "rotate-90")} />
        <span className="truncate">{parts.join(" · ")}</span>
        {runs && <Passed since={since} />}
      </button>
      {runs && <p role="status" className="sr-only">{parts.at(-1)}</p>}
      {open && (
        <div className="mt-1 mb-2 flex flex-col gap-2 border-s-2 border-line ps-3.5">
          {cut !== null && <p className="text-muted">{t("historyCutDetail", { count: cut })}</p>}
          {named.length > 0 && <p className="break-words text-muted">{t("filesNamedDetail", { names: new Intl.ListFormat(language).format(named) })}</p>}
          {shown.map((step) => (
            <p key={step.id} className="text-muted">
              {[summary(step, t), ...timeOf(step, t)].join(" · ")}
              {step.state === "failed" && !isUnknownTool(step) && <span className="ms-2 text-danger">{t("stepFailed")}</span>}
            </p>
          ))}
          {reasoning !== "" && (
            <p lang={langOf(reasoning)} className="whitespace-pre-wrap text-muted">
              {reasoning}
            </p>
          )}
        </div>
      )}
    </div>
  );
}

/** What is said more than once, once and with how often. */
function counted(lines: readonly string[], t: Translate): string[] {
  const times = new Map<string, number>();
  for (const line of lines) times.set(line, (times.get(line) ?? 0) + 1);
  return [...times].map(([text, count]) => (count === 1 ? text : t("times", { text, number: count })));
}

function summary(step: Step, t: Translate): string {
  if (step.state === "running") return stepText(step, t);
  const passages = numberIn(step.detail, "passages");
  if (step.kind === "retrieval") return passages === null ? t("retrieved") : t("passages", { count: passages });
  if (isUnknownTool(step)) return t("unknownTool", { name: step.name });
  if (step.kind === "tool") return t("usedTool", { name: step.name });
  if (step.name === "retry") return t("retried", { count: numberIn(step.detail, "failures") ?? 1 });
  return step.name;
}

/** The model asked for a tool that is not there; nothing ran. */
function isUnknownTool({ kind, state, detail }: Step): boolean {
  return kind === "tool" && state === "failed" && (detail as { reason?: unknown } | null)?.reason === "no_such_tool";
}

function timeOf(step: Step, t: Translate): string[] {
  const took = numberIn(step.detail, "ms");
  return took === null || took < noticed ? [] : [duration(took, t)];
}

function dropped(steps: readonly Step[]): number | null {
  const step = steps.find(({ kind, name }) => kind === "model" && name === "history_cut");
  return step ? numberIn(step.detail, "dropped") : null;
}

function namedFiles(steps: readonly Step[]): string[] {
  const detail = steps.find(({ kind, name }) => kind === "model" && name === "files_named")?.detail;
  if (typeof detail !== "object" || detail === null || !("files" in detail) || !Array.isArray(detail.files)) return [];
  return detail.files.filter((name) => typeof name === "string");
}

function numberIn(detail: unknown, name: string): number | null {
  if (typeof detail !== "object" || detail === null) return null;
  const value = (detail as Record<string, unknown>)[name];
  return typeof value === "number" ? value : null;
}

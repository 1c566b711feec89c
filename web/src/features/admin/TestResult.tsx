import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "@/lib/i18n/i18n";
import { Notice } from "@/components/ui/Notice";
import { api, body } from "@/lib/api/client";
import type { ProviderTestResult } from "@/lib/api/types";
import { describe } from "@/lib/i18n/problems";
import { byName } from "@/lib/natural";
import { latency } from "./format";
import { Why } from "./parts";
import { patternsOf, placeOf, type ProviderDraft } from "./providerDraft";

const shownModels = 5;
/** Asks the server to reach a provider. `stored` names the one whose stored key is used when none was typed. */
export function useConnectionTest() {
  const { mutate, ...state } = useMutation({
    mutationFn: ({ draft, stored }: { draft: ProviderDraft; stored: string | undefined }) => {
      const models = patternsOf(draft.models);
      return body(
        api.POST("/api/admin/providers/test", {
          body: {
            ...placeOf(draft),
            ...(stored === undefined ? {} : { name: stored }),
            ...(draft.apiKey === "" ? {} : { api_key: draft.apiKey }),
            ...(models.length === 0 ? {} : { models }),
          },
        }),
      );
    },
  });
  return { ...state, run: (draft: ProviderDraft, stored?: string) => !state.isPending && mutate({ draft, stored }) };
}

/** What the test found, in words: what works, or what to do. */
export function TestResult({ test }: { test: ReturnType<typeof useConnectionTest> }) {
  const { t } = useTranslation("admin");
  if (test.error) {
    return (
      <Notice kind="warning">
        <span role="alert">{describe(test.error, t)}</span>
      </Notice>
    );
  }
  if (!test.data) return null;
  return (
    <div role="status">
      <Verdict result={test.data} />
    </div>
  );
}

function Verdict({ result }: { result: ProviderTestResult }) {
  const { t, language } = useTranslation("admin");
  if (!result.ok) {
    return (
      <Notice kind="danger">
        <p className="font-medium">{t("provider.testFailed")}</p>
        <Why kind={result.error?.class} words={result.error?.message} />
      </Notice>
    );
  }
  const took = latency(result.latency_ms, language);
  if (result.models.length === 0) return <Notice kind="warning">{t("provider.testNone", { latency: took })}</Notice>;
  const rest = result.models.length - shownModels;
  return (
    <Notice>
      <p className="font-medium">{t("provider.testOk", { latency: took, count: result.models.length })}</p>
      <ul className="list-disc ps-5">
        {byName(result.models, (model) => model, language).slice(0, shownModels).map((model) => (
          <li key={model}>{model}</li>
        ))}
      </ul>
      {rest > 0 && <p className="text-muted">{t("provider.testMore", { count: rest })}</p>}
    </Notice>
  );
}

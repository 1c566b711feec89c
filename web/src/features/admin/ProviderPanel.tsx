import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Button } from "@/components/ui/Button";
import { Notice } from "@/components/ui/Notice";
import { toast } from "@/components/ui/toast";
import { api } from "@/lib/api/client";
import type { Provider } from "@/lib/api/types";
import { Refused } from "@/components/ui/Refused";
import { Activity } from "./Activity";
import { Panel } from "./Panel";
import { providerKinds, type ProviderDraft } from "./providerDraft";
import { ProviderForm } from "./ProviderForm";
import { providersQuery, rereadModels } from "./queries";
import { TestResult, useConnectionTest } from "./TestResult";

const empty: ProviderDraft = { name: "", kind: "openai", baseUrl: "", apiKey: "", models: "" };

export function NewProviderPanel({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("admin");
  const taken = useQuery(providersQuery).data?.map(({ name }) => name) ?? [];
  return (
    <Panel title={t("provider.addTitle")} onClose={onClose}>
      <ProviderForm
        initial={empty}
        taken={taken}
        onSaved={(name) => {
          toast({ text: t("provider.createdDone", { name }) });
          onClose();
        }}
      />
    </Panel>
  );
}

export function ProviderPanel({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const { t } = useTranslation("admin");
  const [deleting, setDeleting] = useState(false);
  const draft = editable(provider);
  if (!draft) return <FixedProvider provider={provider} onClose={onClose} />;
  if (deleting) return <DeleteProvider provider={provider} onCancel={() => setDeleting(false)} onClose={onClose} />;
  return (
    <Panel title={provider.name} onClose={onClose}>
      <ProviderForm provider={provider} initial={draft} taken={[]} onSaved={() => toast({ text: t("saved") })} />
      <Activity provider={provider} />
      <Button kind="quiet" icon="trash" className="mt-8 -ms-4 !text-danger" onClick={() => setDeleting(true)}>
        {t("provider.delete")}
      </Button>
    </Panel>
  );
}

/** The provider as a form; null for what this page cannot change. */
function editable(provider: Provider): ProviderDraft | null {
  const kind = providerKinds.find((known) => known === provider.kind);
  if (provider.origin !== "store" || !kind) return null;
  return { name: provider.name, kind, baseUrl: provider.base_url, region: provider.region ?? "", apiKey: "", models: provider.models.join("\n") };
}

/** One that comes from elsewhere: what it is, why it is fixed, and a test. */
function FixedProvider({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const { t } = useTranslation("admin");
  const test = useConnectionTest();
  const kind = providerKinds.find((known) => known === provider.kind);
  const why = provider.kind === "builtin" ? "provider.builtinNote" : provider.origin === "found" ? "provider.readOnlyFound" : "provider.readOnly";
  return (
    <Panel title={provider.name} onClose={onClose}>
      <div className="flex flex-col items-start gap-4">
        <Notice className="w-full">{t(why)}</Notice>
        <dl className="grid w-full grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm [&_dt]:text-muted">
          <dt>{t("provider.kind")}</dt>
          <dd>{t(`provider.kinds.${provider.kind}`)}</dd>
          {provider.base_url && <dt>{t("provider.url")}</dt>}
          {provider.base_url && <dd>{provider.base_url}</dd>}
          {provider.region && <dt>{t("provider.region")}</dt>}
          {provider.region && <dd>{provider.region}</dd>}
          {provider.models.length > 0 && <dt>{t("provider.patterns")}</dt>}
          {provider.models.length > 0 && <dd>{provider.models.join(", ")}</dd>}
        </dl>
        <TestResult test={test} />
        {kind && (
          <Button
            aria-disabled={test.isPending}
            onClick={() => test.run({ name: provider.name, kind, baseUrl: provider.base_url, region: provider.region ?? "", apiKey: "", models: provider.models.join("\n") }, provider.name)}
          >
            {t(test.isPending ? "provider.testing" : "provider.test")}
          </Button>
        )}
      </div>
      <Activity provider={provider} />
    </Panel>
  );
}

function DeleteProvider({ provider, onCancel, onClose }: { provider: Provider; onCancel: () => void; onClose: () => void }) {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => api.DELETE("/api/admin/providers/{name}", { params: { path: { name: provider.name } } }),
    onSuccess: () => {
      toast({ text: t("provider.deletedDone", { name: provider.name }) });
      onClose();
      return rereadModels(client);
    },
  });
  return (
    <Panel title={t("provider.deleteTitle", { name: provider.name })} onClose={onClose}>
      <div className="flex flex-col gap-4">
        <Notice kind="danger">{t("provider.deleteWill", { name: provider.name })}</Notice>
        <Refused error={remove.error} />
        <div className="flex gap-2">
          <Button kind="danger" aria-disabled={remove.isPending} onClick={() => !remove.isPending && remove.mutate()}>
            {t("provider.deleteConfirm")}
          </Button>
          <Button onClick={onCancel}>{t("cancel")}</Button>
        </div>
      </div>
    </Panel>
  );
}

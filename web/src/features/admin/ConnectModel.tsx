import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Button } from "@/components/ui/Button";
import { Icon } from "@/components/ui/Icon";
import { LoadFailed } from "@/components/ui/LoadFailed";
import { toast } from "@/components/ui/toast";
import { api, body } from "@/lib/api/client";
import type { FoundServer } from "@/lib/api/types";
import { Refused } from "@/components/ui/Refused";
import { anthropicUrl, nameFor, openaiUrl, type ProviderDraft } from "./providerDraft";
import { ProviderForm } from "./ProviderForm";
import { foundQuery, providersQuery, rereadModels } from "./queries";
import "./texts";

const ways = {
  openai: { name: "openai", kind: "openai", baseUrl: openaiUrl, apiKey: "", models: "" },
  anthropic: { name: "anthropic", kind: "anthropic", baseUrl: anthropicUrl, apiKey: "", models: "" },
  bedrock: { name: "aws", kind: "bedrock", baseUrl: "", region: "", apiKey: "", models: "" },
  other: { name: "local", kind: "openai", baseUrl: "", apiKey: "", models: "" },
} as const satisfies Record<string, ProviderDraft>;
type Way = keyof typeof ways;
const asks = { openai: "key", anthropic: "key", bedrock: "region", other: "address" } as const;

/** What was found on this machine, and the ways to connect what is elsewhere. */
export default function ConnectModel({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation("admin");
  const [way, setWay] = useState<Way | null>(null);
  const providers = useQuery(providersQuery);
  const taken = providers.data?.map(({ name }) => name) ?? [];
  const connected = () => {
    toast({ text: t("connect.connected") });
    onDone();
  };

  if (way) {
    return (
      <div className="flex flex-col items-start gap-4 *:w-full">
        <Button kind="quiet" size="small" icon="left" className="-ms-2 !w-auto" onClick={() => setWay(null)}>
          {t("connect.backToWays")}
        </Button>
        <ProviderForm key={way} initial={{ ...ways[way], name: nameFor(ways[way].name, taken) }} taken={taken} asks={asks[way]} onSaved={connected} />
      </div>
    );
  }
  return (
    <div className="flex flex-col gap-6">
      <Found taken={taken} onConnected={connected} />
      <section aria-labelledby="ways">
        <h3 id="ways" className="mb-1 text-sm font-medium text-muted">{t("connect.ways")}</h3>
        <ul className="divide-y divide-line border-y border-line">
          {(Object.keys(ways) as Way[]).map((name) => (
            <li key={name}>
              <button type="button" onClick={() => setWay(name)} className="flex w-full items-center gap-3 py-2.5 text-start hover:bg-hover">
                <span className="grow">
                  <span className="block text-[0.9375rem] font-medium">{t(`connect.${name}`)}</span>
                  <span className="block text-sm text-muted">{t(`connect.${name}Hint`)}</span>
                </span>
                <Icon name="right" className="shrink-0 text-muted" />
              </button>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

function Found({ taken, onConnected }: { taken: readonly string[]; onConnected: () => void }) {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const found = useQuery(foundQuery);
  const connect = useMutation({
    mutationFn: (server: FoundServer) =>
      body(api.POST("/api/admin/providers", { body: { name: nameFor(server.label, taken), kind: server.kind, base_url: server.base_url } })),
    onSuccess: async () => {
      await rereadModels(client);
      onConnected();
    },
  });
  return (
    <section aria-labelledby="found">
      <div className="flex items-center justify-between gap-3">
        <h3 id="found" className="text-sm font-medium text-muted">{t("connect.found")}</h3>
        <Button kind="quiet" size="small" icon="refresh" aria-disabled={found.isFetching} onClick={() => void found.refetch()}>
          {t("connect.searchAgain")}
        </Button>
      </div>
      <div role="status" className="text-sm text-muted">
        {found.isPending && t("connect.searching")}
        {found.data?.length === 0 && t("connect.foundNone")}
      </div>
      {found.isError && <LoadFailed className="my-3" what={t("loadFailed")} error={found.error} busy={found.isFetching} retry={() => void found.refetch()} />}
      {found.data && found.data.length > 0 && (
        <ul className="divide-y divide-line border-y border-line">
          {found.data.map((server) => (
            <li key={server.base_url} className="flex items-center gap-3 py-2.5">
              <span className="min-w-0 grow">
                <span className="block text-[0.9375rem] font-medium">{server.label}</span>
                <span className="block text-sm text-muted">
                  {server.base_url} · {server.models.length > 0 ? t("connect.foundModels", { count: server.models.length }) : t("connect.foundNoModels")}
                </span>
              </span>
              <Button kind="primary" size="small" aria-label={t("connect.use", { label: server.label })} aria-disabled={connect.isPending} onClick={() => !connect.isPending && connect.mutate(server)}>
                {t(connect.isPending && connect.variables === server ? "connect.connecting" : "connect.useShort")}
              </Button>
            </li>
          ))}
        </ul>
      )}
      <Refused error={connect.error} />
    </section>
  );
}

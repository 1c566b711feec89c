import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Fragment, useState } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import type { Translate } from "@/lib/i18n/texts";
import { Button } from "@/components/ui/Button";
import { Field, Select, TextArea, TextInput } from "@/components/ui/Field";
import { PasswordInput } from "@/components/ui/Password";
import { useFirstWrong } from "@/components/ui/useFirstWrong";
import { api, body } from "@/lib/api/client";
import { fieldOf, isApiError } from "@/lib/api/errors";
import type { Provider } from "@/lib/api/types";
import { describe } from "@/lib/i18n/problems";
import { Refused } from "@/components/ui/Refused";
import { WillDo } from "./parts";
import { anthropicUrl, openaiUrl, patternsOf, placeOf, problemsOf, providerChanges, providerKinds, providerPatch, type ProviderChange, type ProviderDraft, type ProviderFields, type ProviderKind } from "./providerDraft";
import { rereadModels } from "./queries";
import { TestResult, useConnectionTest } from "./TestResult";

const usualUrls: Partial<Record<ProviderKind, string>> = { openai: openaiUrl, anthropic: anthropicUrl };

/** The fields shown at once; the others have good values and stand under "details". */
const askedFor = { all: ["kind", "name", "region", "url", "key", "models"], key: ["key"], address: ["url", "key"], region: ["region", "key"] } as const;

/** Those of them that the server may refuse, by its names. */
const refusable = ["name", "region", "base_url", "api_key", "models"];

interface Props {
  /** The provider that is changed; without one, a new one is made. */
  provider?: Provider;
  initial: ProviderDraft;
  taken: readonly string[];
  asks?: keyof typeof askedFor;
  onSaved: (name: string) => void;
}

/** A provider's fields, a test that says in words what works, and one button that saves. */
export function ProviderForm({ provider, initial, taken, asks = "all", onSaved }: Props) {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const [draft, setDraft] = useState(initial);
  const [told, setTold] = useState<"save" | "test">();
  const test = useConnectionTest();
  /** A connection can be tested before it has a name. */
  const problemsTo = (what: "save" | "test") => {
    const { name, ...others } = problemsOf(draft, taken);
    return what === "save" && name !== undefined ? { ...others, name } : others;
  };
  const problems: ReturnType<typeof problemsOf> = told ? problemsTo(told) : {};
  // As it was when the form opened: what another administrator changes meanwhile is not this one's change.
  const [before, setBefore] = useState<ProviderFields | undefined>(provider);
  const changes = before ? providerChanges(before, draft) : [];
  const set = (change: Partial<ProviderDraft>) => {
    setDraft({ ...draft, ...change });
    // A result belongs to what was tested, not to what is written now.
    test.reset();
  };

  const save = useMutation({
    mutationFn: async () => {
      if (provider) return body(api.PATCH("/api/admin/providers/{name}", { params: { path: { name: provider.name } }, body: providerPatch(changes, draft) }));
      const key = draft.apiKey === "" ? {} : { api_key: draft.apiKey };
      const models = patternsOf(draft.models);
      return body(api.POST("/api/admin/providers", { body: { name: draft.name, ...placeOf(draft), ...key, ...(models.length === 0 ? {} : { models }) } }));
    },
    onSuccess: async () => {
      if (before) setBefore({ ...before, ...placeOf(draft), models: patternsOf(draft.models) });
      set({ apiKey: "" });
      await rereadModels(client);
      onSaved(draft.name);
    },
  });
  // Taken since the names were read.
  const nameTaken = !provider && isApiError(save.error, "conflict");
  const refused = nameTaken ? "name" : fieldOf(save.error);
  const why = (field: string) => (refused !== field ? undefined : nameTaken ? t("provider.nameTaken") : describe(save.error, t));
  const { form, look } = useFirstWrong(save);
  const checked = (what: "save" | "test", act: () => void) => {
    setTold(what);
    if (Object.keys(problemsTo(what)).length === 0) return act();
    save.reset();
    look();
  };
  const busy = save.isPending || (provider !== undefined && changes.length === 0);

  const kindField = (
    <Field label={t("provider.kind")} hint={t(`provider.kindHints.${draft.kind}`)}>
      {(ids) => (
        <Select
          value={draft.kind}
          onChange={(event) => {
            const kind = event.target.value as ProviderKind;
            // The usual address changes with the kind; one that was typed stays.
            const untouched = draft.baseUrl === "" || draft.baseUrl === usualUrls[draft.kind];
            set({ kind, ...(untouched ? { baseUrl: usualUrls[kind] ?? "" } : {}) });
          }}
          {...ids}
        >
          {providerKinds.map((kind) => (
            <option key={kind} value={kind}>
              {t(`provider.kinds.${kind}`)}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
  const nameField = !provider && (
    <Field label={t("provider.name")} hint={t("provider.nameHint", { example: draft.name || "office" })} error={problems.name ? t(problems.name === "nameTaken" ? "provider.nameTaken" : "provider.needName") : why("name")}>
      {(ids) => <TextInput value={draft.name} maxLength={32} autoCapitalize="none" spellCheck={false} onChange={(event) => set({ name: event.target.value })} {...ids} />}
    </Field>
  );
  const urlField = (
    <Field label={t("provider.url")} hint={t(`provider.urlHint.${draft.kind}`)} error={problems.baseUrl ? t(problems.baseUrl === "urlCredentials" ? "provider.urlCredentials" : "provider.needUrl") : why("base_url")}>
      {(ids) => <TextInput type="url" inputMode="url" value={draft.baseUrl} autoCapitalize="none" spellCheck={false} onChange={(event) => set({ baseUrl: event.target.value })} {...ids} />}
    </Field>
  );
  const regionField = draft.kind === "bedrock" && (
    <Field label={t("provider.region")} hint={t("provider.regionHint")} error={problems.region ? t("provider.needRegion") : why("region")}>
      {(ids) => <TextInput value={draft.region ?? ""} maxLength={32} autoCapitalize="none" spellCheck={false} placeholder="us-east-1" onChange={(event) => set({ region: event.target.value.trim() })} {...ids} />}
    </Field>
  );
  const keyField = (
    <Field label={t("provider.key")} hint={t(provider?.has_key ? "provider.keyStored" : draft.kind === "bedrock" ? "provider.keyHintBedrock" : "provider.keyHint")} error={why("api_key")}>
      {(ids) => <PasswordInput value={draft.apiKey} autoComplete="new-password" onChange={(event) => set({ apiKey: event.target.value })} {...ids} />}
    </Field>
  );
  const modelsField = (
    <Field label={t("provider.patterns")} hint={t(draft.kind === "custom" ? "provider.patternsHintCustom" : "provider.patternsHint")} error={why("models")}>
      {(ids) => <TextArea rows={2} value={draft.models} autoCapitalize="none" spellCheck={false} onChange={(event) => set({ models: event.target.value })} {...ids} />}
    </Field>
  );
  const fields = { kind: kindField, name: nameField, region: regionField, url: urlField, key: keyField, models: modelsField };
  const names = Object.keys(fields) as (keyof typeof fields)[];
  const asked: readonly string[] = askedFor[asks];
  const show = (wanted: boolean) => names.filter((name) => asked.includes(name) === wanted).map((name) => <Fragment key={name}>{fields[name]}</Fragment>);

  return (
    <form
      ref={form}
      noValidate
      autoComplete="off"
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        checked("save", () => !busy && save.mutate());
      }}
    >
      {show(true)}
      {asks !== "all" && (
        <details className="text-sm">
          <summary className="-ms-1 w-fit cursor-pointer rounded-md px-1 py-1 text-muted hover:text-text">{t("provider.details")}</summary>
          <div className="mt-3 flex flex-col gap-4">{show(false)}</div>
        </details>
      )}
      <TestResult test={test} />
      {provider ? <WillDo lines={changes.map((change) => spoken(change, t))} /> : draft.name !== "" && <WillDo lines={[t("provider.changes.create", { name: draft.name })]} />}
      {!refusable.includes(refused ?? "") && <Refused error={save.error} />}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" kind="primary" aria-disabled={busy}>
          {t(save.isPending ? "saving" : provider ? "save" : "provider.add")}
        </Button>
        <Button aria-disabled={test.isPending} onClick={() => checked("test", () => test.run(draft, provider?.name))}>
          {t(test.isPending ? "provider.testing" : "provider.test")}
        </Button>
      </div>
    </form>
  );
}

function spoken(change: ProviderChange, t: Translate): string {
  switch (change.kind) {
    case "url":
    case "region":
      return t(`provider.changes.${change.kind}`, { to: change.to || "—" });
    case "type":
      return t("provider.changes.type", { to: t(`provider.kinds.${change.to}`) });
    case "patterns":
      return t("provider.changes.patterns", { to: change.to.join(", ") });
    case "key":
    case "allModels":
      return t(`provider.changes.${change.kind}`);
  }
}

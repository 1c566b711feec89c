import { useState } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Icon } from "@/components/ui/Icon";
import { Menu, MenuChoice, MenuChoices, MenuGroup, MenuItem, MenuNote } from "@/components/ui/Menu";
import type { Model } from "@/lib/api/types";
import { explain } from "@/lib/i18n/problems";
import { byName } from "@/lib/natural";

/** Models that are found at a glance; more are narrowed by a field. */
const fewEnough = 10;

interface Props {
  /** Undefined while they are not known. */
  models: readonly Model[] | undefined;
  /** Why they are not known, if reading them failed. */
  error: unknown;
  retry: () => void;
  chosen: string | null;
  /** While it is not known what would be changed. */
  disabled?: boolean;
  onChoose: (model: string) => void;
}

/** Which model answers next. One that cannot be reached is shown with the reason. */
export function ModelPicker({ models, error, retry, chosen, disabled, onChoose }: Props) {
  const { t, language } = useTranslation("chat");
  const current = models?.find(({ id }) => id === chosen);
  const [wanted, setWanted] = useState("");
  const many = models !== undefined && models.length > fewEnough;
  const words = wanted.toLocaleLowerCase().split(/\s+/);
  const wantedOnes = many ? models.filter(({ id, name }) => words.every((word) => `${id} ${name}`.toLocaleLowerCase().includes(word))) : models;
  const shown = wantedOnes && byName(wantedOnes, ({ name }) => name, language);
  const providers = [...new Set(wantedOnes?.map(({ provider }) => provider))];
  const name = current?.name ?? chosen ?? (models ? t("noModel") : undefined);
  const bad = current !== undefined && current.state !== "ready";
  const trigger = (
    <button type="button" disabled={disabled} aria-label={name === undefined ? t("model") : t("modelIs", { name })} className="flex h-10 min-w-0 items-center gap-1 rounded-lg px-2.5 text-sm text-muted enabled:hover:bg-hover enabled:hover:text-text disabled:opacity-40">
      {bad && <Icon name="warning" size={16} className="shrink-0 text-warning" />}
      <span className="truncate">{name ?? t("model")}</span>
      <Icon name="chevron" size={15} className="shrink-0" />
    </button>
  );
  return (
    <Menu side="top" align="start" trigger={trigger} filter={many ? { label: t("filterModels"), text: wanted, onText: setWanted } : undefined}>
      {models?.length === 0 && <MenuNote>{t("noModels")}</MenuNote>}
      {!models && <MenuNote>{error ? explain(t("modelsFailed"), error, t) : t("common:loading")}</MenuNote>}
      {!models && error != null && <MenuItem icon="refresh" onClick={retry}>{t("common:retry")}</MenuItem>}
      {many && shown?.length === 0 && <MenuNote>{t("noSuchModel", { query: wanted })}</MenuNote>}
      <MenuChoices value={chosen} onChoose={onChoose}>
        {providers.map((provider) => (
          <MenuGroup key={provider} label={provider}>
            {shown
              ?.filter((model) => model.provider === provider)
              .map(({ id, name, state, reason, reason_class: why }) => (
                <MenuChoice key={id} value={id}>
                  {/* Names that differ at their ends only are told apart. */}
                  <span className="line-clamp-3 leading-snug" title={name}>{name}</span>
                  {state !== "ready" && (
                    <span className="block text-xs">
                      <span className="block text-warning">{t([`why.${why ?? ""}`, state])}</span>
                      {reason && <span className="block text-muted">{t("common:details", { message: reason })}</span>}
                    </span>
                  )}
                </MenuChoice>
              ))}
          </MenuGroup>
        ))}
      </MenuChoices>
    </Menu>
  );
}

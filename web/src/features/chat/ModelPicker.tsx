import { Menu as Base } from "@base-ui/react/menu";
import { useTranslation } from "react-i18next";
import { Icon } from "@/components/ui/Icon";
import { Menu, MenuNote } from "@/components/ui/Menu";
import type { Model } from "@/lib/api/types";

interface Props {
  models: readonly Model[];
  chosen: string | null;
  onChoose: (model: string) => void;
}

/** Which model answers next. One that cannot be reached is shown with the reason. */
export function ModelPicker({ models, chosen, onChoose }: Props) {
  const { t } = useTranslation("chat");
  const current = models.find(({ id }) => id === chosen);
  const providers = [...new Set(models.map(({ provider }) => provider))];
  const bad = current !== undefined && current.state !== "ready";
  const trigger = (
    <button type="button" aria-label={t("modelIs", { name: current?.name ?? chosen ?? t("noModel") })} className="flex h-10 min-w-0 items-center gap-1 rounded-lg px-2.5 text-sm text-muted hover:bg-hover hover:text-text">
      {bad && <Icon name="warning" size={16} className="shrink-0 text-warning" />}
      <span className="truncate">{current?.name ?? chosen ?? t("noModel")}</span>
      <Icon name="chevron" size={15} className="shrink-0" />
    </button>
  );
  return (
    <Menu side="top" align="start" trigger={trigger}>
      {models.length === 0 && <MenuNote>{t("noModels")}</MenuNote>}
      <Base.RadioGroup value={chosen} onValueChange={onChoose}>
        {providers.map((provider) => (
          <Base.Group key={provider}>
            <Base.GroupLabel className="px-2.5 pt-2 pb-1 text-xs text-muted">{provider}</Base.GroupLabel>
            {models
              .filter((model) => model.provider === provider)
              .map((model) => (
                <Base.RadioItem key={model.id} value={model.id} closeOnClick className="flex min-h-9 max-w-80 items-center gap-2.5 rounded-md px-2.5 py-1 text-sm outline-none data-highlighted:bg-hover">
                  <span className="min-w-0 grow">
                    <span className="block truncate">{model.name}</span>
                    {model.state !== "ready" && (
                      <span className="block text-xs text-warning">
                        {t(model.state === "denied" ? "denied" : "unreachable")} {model.reason}
                      </span>
                    )}
                  </span>
                  <Base.RadioItemIndicator>
                    <Icon name="check" size={16} />
                  </Base.RadioItemIndicator>
                </Base.RadioItem>
              ))}
          </Base.Group>
        ))}
      </Base.RadioGroup>
    </Menu>
  );
}

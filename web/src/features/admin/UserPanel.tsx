import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import type { Translate } from "@/lib/i18n/texts";
import { Button } from "@/components/ui/Button";
import { Field, Select, TextInput } from "@/components/ui/Field";
import { Notice } from "@/components/ui/Notice";
import { PasswordInput } from "@/components/ui/Password";
import { Switch } from "@/components/ui/Switch";
import { toast } from "@/components/ui/toast";
import { useFirstWrong } from "@/components/ui/useFirstWrong";
import { api, body } from "@/lib/api/client";
import { fieldOf } from "@/lib/api/errors";
import type { ManagedUser, Role } from "@/lib/api/types";
import { describe } from "@/lib/i18n/problems";
import { minimumPasswordLength, passwordLongEnough } from "@/lib/password";
import { Refused } from "@/components/ui/Refused";
import { randomPassword } from "./format";
import { adminKeys } from "./keys";
import { Panel } from "./Panel";
import { WillDo } from "./parts";
import { roles, userChanges, userPatch, type UserChange, type UserDraft, type UserFields } from "./userChanges";

export function UserPanel({ user, onClose }: { user: ManagedUser; onClose: () => void }) {
  const { t } = useTranslation("admin");
  const [deleting, setDeleting] = useState(false);
  if (deleting) return <DeleteUser user={user} onCancel={() => setDeleting(false)} onClose={onClose} />;
  return (
    <Panel title={t("user.editTitle", { username: user.username })} onClose={onClose}>
      <EditUser user={user} />
      <Button kind="quiet" icon="trash" className="mt-8 -ms-4 !text-danger" onClick={() => setDeleting(true)}>
        {t("user.delete")}
      </Button>
    </Panel>
  );
}

function EditUser({ user }: { user: ManagedUser }) {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const [draft, setDraft] = useState<UserDraft>({ name: user.name, role: user.role, disabled: user.disabled, password: "" });
  const [short, setShort] = useState(false);
  // As it was when the panel opened: what another administrator changes meanwhile is not this one's change.
  const [before, setBefore] = useState<UserFields>(user);
  const changes = userChanges(before, draft);
  const set = (change: Partial<UserDraft>) => setDraft({ ...draft, ...change });

  const save = useMutation({
    mutationFn: async () => {
      const path = { id: user.id };
      const patch = userPatch(changes);
      if (Object.keys(patch).length > 0) await api.PATCH("/api/admin/users/{id}", { params: { path }, body: patch });
      if (draft.password !== "") await api.PUT("/api/admin/users/{id}/password", { params: { path }, body: { password: draft.password } });
    },
    onSuccess: () => {
      setBefore({ ...before, ...userPatch(changes) });
      set({ password: "" });
      toast({ text: t("saved") });
    },
    onSettled: () => client.invalidateQueries({ queryKey: adminKeys.allUsers }),
  });
  const refused = fieldOf(save.error);
  const why = (field: string) => (refused === field ? describe(save.error, t) : undefined);
  const { form, look } = useFirstWrong(save);
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    const tooShort = draft.password !== "" && !passwordLongEnough(draft.password);
    setShort(tooShort);
    if (tooShort) {
      save.reset();
      look();
    } else if (changes.length > 0 && !save.isPending) save.mutate();
  };

  return (
    <form ref={form} noValidate autoComplete="off" onSubmit={submit} className="flex flex-col gap-4">
      <Field label={t("user.name")} hint={t("user.nameHint")} error={why("name")}>
        {(ids) => <TextInput value={draft.name} maxLength={100} autoComplete="off" onChange={(event) => set({ name: event.target.value })} {...ids} />}
      </Field>
      <RoleField role={draft.role} onChange={(role) => set({ role })} />
      <div>
        <Switch label={t("user.disable")} checked={draft.disabled} onChange={(disabled) => set({ disabled })} />
        <p className="text-sm text-muted">{t("user.disableHint")}</p>
      </div>
      <PasswordField
        label={t("user.newPassword")}
        hint={t("user.newPasswordHint", { count: minimumPasswordLength })}
        error={short ? t("user.shortPassword", { count: minimumPasswordLength }) : why("password")}
        value={draft.password}
        onChange={(password) => set({ password })}
      />
      <WillDo lines={changes.map((change) => spoken(change, t))} />
      {!["name", "password"].includes(refused ?? "") && <Refused error={save.error} />}
      <Button type="submit" kind="primary" aria-disabled={changes.length === 0 || save.isPending}>
        {t(save.isPending ? "saving" : "save")}
      </Button>
    </form>
  );
}

export function NewUserPanel({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const [draft, setDraft] = useState({ username: "", name: "", role: "user" as Role, password: "" });
  const [wrong, setWrong] = useState<"username" | "password" | null>(null);
  const set = (change: Partial<typeof draft>) => setDraft({ ...draft, ...change });
  const username = draft.username.trim();

  const create = useMutation({
    mutationFn: () => {
      const name = draft.name.trim();
      return body(api.POST("/api/admin/users", { body: { username, role: draft.role, password: draft.password, ...(name === "" ? {} : { name }) } }));
    },
    onSuccess: () => {
      toast({ text: t("user.createdDone", { username }) });
      void client.invalidateQueries({ queryKey: adminKeys.allUsers });
      onClose();
    },
  });
  const refused = fieldOf(create.error);
  const why = (field: string) => (refused === field ? describe(create.error, t) : undefined);
  const { form, look } = useFirstWrong(create);
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    const found = username === "" ? "username" : passwordLongEnough(draft.password) ? null : "password";
    setWrong(found);
    if (found) {
      create.reset();
      look();
    } else if (!create.isPending) create.mutate();
  };

  return (
    <Panel title={t("user.addTitle")} onClose={onClose}>
      <form ref={form} noValidate autoComplete="off" onSubmit={submit} className="flex flex-col gap-4">
        <Field label={t("user.username")} hint={t("user.usernameHint")} error={wrong === "username" ? t("user.needUsername") : why("username")}>
          {(ids) => <TextInput value={draft.username} maxLength={64} autoComplete="off" autoCapitalize="none" spellCheck={false} onChange={(event) => set({ username: event.target.value })} {...ids} />}
        </Field>
        <Field label={t("user.name")} hint={t("user.nameHint")} error={why("name")}>
          {(ids) => <TextInput value={draft.name} maxLength={100} autoComplete="off" onChange={(event) => set({ name: event.target.value })} {...ids} />}
        </Field>
        <RoleField role={draft.role} onChange={(role) => set({ role })} />
        <PasswordField
          label={t("user.password")}
          hint={t("user.passwordHint", { count: minimumPasswordLength })}
          error={wrong === "password" ? t("user.shortPassword", { count: minimumPasswordLength }) : why("password")}
          value={draft.password}
          onChange={(password) => set({ password })}
        />
        {username !== "" && <WillDo lines={[t("user.changes.create", { username, role: t(`user.roles.${draft.role}`) })]} />}
        {!["username", "name", "password"].includes(refused ?? "") && <Refused error={create.error} />}
        <Button type="submit" kind="primary" aria-disabled={create.isPending}>
          {t(create.isPending ? "saving" : "user.add")}
        </Button>
      </form>
    </Panel>
  );
}

function DeleteUser({ user, onCancel, onClose }: { user: ManagedUser; onCancel: () => void; onClose: () => void }) {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => api.DELETE("/api/admin/users/{id}", { params: { path: { id: user.id } } }),
    onSuccess: () => {
      toast({ text: t("user.deletedDone", { username: user.username }) });
      void client.invalidateQueries({ queryKey: adminKeys.allUsers });
      onClose();
    },
  });
  return (
    <Panel title={t("user.deleteTitle", { username: user.username })} onClose={onClose}>
      <div className="flex flex-col gap-4">
        <Notice kind="danger">{t("user.deleteWill", { username: user.username })}</Notice>
        <p className="text-sm text-muted">{t("user.deleteInstead")}</p>
        <Refused error={remove.error} />
        <div className="flex gap-2">
          <Button kind="danger" aria-disabled={remove.isPending} onClick={() => !remove.isPending && remove.mutate()}>
            {t("user.deleteConfirm")}
          </Button>
          <Button onClick={onCancel}>{t("cancel")}</Button>
        </div>
      </div>
    </Panel>
  );
}

function RoleField({ role, onChange }: { role: Role; onChange: (role: Role) => void }) {
  const { t } = useTranslation("admin");
  return (
    <Field label={t("user.role")} hint={t(`user.roleHints.${role}`)}>
      {(ids) => (
        <Select value={role} onChange={(event) => onChange(event.target.value as Role)} {...ids}>
          {roles.map((name) => (
            <option key={name} value={name}>
              {t(`user.roles.${name}`)}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

function PasswordField({ label, hint, error, value, onChange }: { label: string; hint: string; error: string | undefined; value: string; onChange: (password: string) => void }) {
  const { t } = useTranslation("admin");
  const [made, setMade] = useState(0);
  const make = () => {
    onChange(randomPassword());
    setMade(made + 1);
  };
  return (
    <div className="flex flex-col items-start gap-1 *:w-full">
      <Field label={label} hint={hint} error={error}>
        {/* One that was made here is shown: it is to be told to the person. */}
        {(ids) => <PasswordInput key={made} shownAtFirst={made > 0} value={value} autoComplete="new-password" onChange={(event) => onChange(event.target.value)} {...ids} />}
      </Field>
      <Button kind="quiet" size="small" icon="key" className="-ms-2.5 !w-auto" onClick={make}>
        {t("user.suggest")}
      </Button>
    </div>
  );
}

function spoken(change: UserChange, t: Translate): string {
  switch (change.kind) {
    case "name":
      return change.to === "" ? t("user.changes.nameCleared") : t("user.changes.name", { to: change.to });
    case "role":
      return t("user.changes.role", { from: t(`user.roles.${change.from}`), to: t(`user.roles.${change.to}`) });
    case "disable":
    case "enable":
    case "password":
      return t(`user.changes.${change.kind}`);
  }
}

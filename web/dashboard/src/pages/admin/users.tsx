// Accounts: who may log in, as what.

import { useState } from "preact/hooks";
import { me, part, send } from "../../api/client";
import type { User } from "../../api/admin";
import type { Role } from "../../api/types";
import { t, word } from "../../i18n";
import { useApi } from "../../state/load";
import { Action, Failure, useDoing } from "../../ui/action";
import { Card, PageTitle } from "../../ui/card";
import { ChoiceField, TextField } from "../../ui/field";
import { LoadedView } from "../../ui/states";
import { Table } from "../../ui/table";
import type { Column } from "../../ui/table";

const ROLES: readonly Role[] = ["viewer", "operator", "admin"];
const roleNames = () => ROLES.map((role) => [role, word("role", role)] as const);

/** Shorter ones are refused here already. */
const PASSWORD_MIN = 10;

function columns(reload: () => void): Column<User>[] {
  return [
    { name: t("users.user"), cell: (one) => <bdi>{one.user}</bdi> },
    {
      name: t("users.role"),
      cell: (one) => <RoleChoice user={one} done={reload} />,
    },
    {
      name: t("users.remove"),
      cell: (one) =>
        one.user === me.value?.user ? (
          <span class="quiet">{t("users.self")}</span>
        ) : (
          <Action
            label={t("action.delete")}
            ask={t("users.askDelete", { user: one.user })}
            danger
            work={async () => {
              await send("DELETE", `/users/${part(one.user)}`);
              reload();
            }}
          />
        ),
    },
  ];
}

function RoleChoice({ user, done }: { user: User; done: () => void }) {
  const doing = useDoing();
  const change = async (role: Role) => {
    await doing.run(() => send("PUT", `/users/${part(user.user)}`, { role }));
    done();
  };
  return (
    <>
      <select
        aria-label={t("users.roleOf", { user: user.user })}
        value={user.role}
        disabled={doing.busy || user.user === me.value?.user}
        onChange={(event) => void change(event.currentTarget.value as Role)}
      >
        {roleNames().map(([role, name]) => (
          <option key={role} value={role}>
            {name}
          </option>
        ))}
      </select>
      <Failure text={doing.error} />
    </>
  );
}

function Add({ done }: { done: () => void }) {
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const doing = useDoing();
  const submit = async (event: Event) => {
    event.preventDefault();
    if (await doing.run(() => send("POST", "/users", { user, role, password }))) {
      setUser("");
      setPassword("");
      done();
    }
  };
  return (
    <Card title={t("users.add")} icon="people">
      <form onSubmit={(event) => void submit(event)}>
        <TextField label={t("users.user")} value={user} onValue={setUser} required />
        <TextField
          label={t("users.password")}
          type="password"
          value={password}
          onValue={setPassword}
          autoComplete="new-password"
          minLength={PASSWORD_MIN}
          hint={t("users.passwordHint", { count: PASSWORD_MIN })}
          required
        />
        <ChoiceField label={t("users.role")} value={role} of={roleNames()} onValue={setRole} />
        <Failure text={doing.error} />
        <div class="buttons">
          <button type="submit" class="primary" disabled={doing.busy}>
            {t("users.create")}
          </button>
        </div>
      </form>
    </Card>
  );
}

/** Another password for an account, the own one too; who is logged in to it logs in anew. */
function NewPassword({ users }: { users: readonly User[] }) {
  const [user, setUser] = useState(me.value?.user ?? "");
  const [password, setPassword] = useState("");
  const [done, setDone] = useState(false);
  const doing = useDoing();
  const submit = async (event: Event) => {
    event.preventDefault();
    setDone(await doing.run(() => send("PUT", `/users/${part(user)}`, { password })));
    setPassword("");
  };
  return (
    <Card title={t("users.newPassword")} icon="key">
      <form onSubmit={(event) => void submit(event)}>
        <ChoiceField
          label={t("users.user")}
          value={user}
          of={users.map((one) => [one.user, one.user] as const)}
          onValue={setUser}
        />
        <TextField
          label={t("users.password")}
          type="password"
          value={password}
          onValue={(value) => {
            setPassword(value);
            if (value !== "") setDone(false);
          }}
          autoComplete="new-password"
          minLength={PASSWORD_MIN}
          hint={t("users.passwordHint", { count: PASSWORD_MIN })}
          required
        />
        <Failure text={doing.error} />
        <div class="buttons">
          <button type="submit" class="primary" disabled={doing.busy}>
            {t("users.setPassword")}
          </button>
          <small role="status">{done ? t("users.passwordSet") : ""}</small>
        </div>
      </form>
    </Card>
  );
}

export function Users() {
  const users = useApi<User[]>("/users");
  return (
    <>
      <PageTitle title={t("nav.users")} />
      <div class="grid two">
        <Card title={t("users.list")} icon="people">
          <LoadedView of={users}>
            {(list) => (
              <Table
                caption={t("users.list")}
                columns={columns(users.reload)}
                rows={list}
                id={(one) => one.user}
              />
            )}
          </LoadedView>
        </Card>
        <div class="stack">
          <Add done={users.reload} />
          <NewPassword users={users.data ?? []} />
        </div>
      </div>
    </>
  );
}

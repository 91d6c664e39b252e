// The log-in: name and password; theme and language can be chosen before it.

import { useEffect, useState } from "preact/hooks";
import { about, ApiError, logIn } from "../api/client";
import { LANGUAGE_NAMES, t } from "../i18n";
import { LANGUAGES, prefer, preferences, shownTheme } from "../state/preferences";
import { errorText } from "../ui/states";
import { Failure } from "../ui/action";
import { TextField } from "../ui/field";
import { Icon } from "../ui/icon";

function failure(error: ApiError): string {
  return error.status === 401 ? t("login.refused") : errorText(error);
}

export function LogIn() {
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [version, setVersion] = useState("");
  useEffect(() => {
    about().then(
      (said) => setVersion(said.version),
      () => setVersion(""),
    );
  }, []);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await logIn(user, password);
    } catch (refused) {
      if (!(refused instanceof ApiError)) throw refused;
      setError(failure(refused));
      setPassword("");
    } finally {
      setBusy(false);
    }
  };
  return (
    <main class="alone login">
      <form class="card" onSubmit={(event) => void submit(event)}>
        <div class="login-head">
          <span class="mark-logo large">
            <Icon name="bolt" size={30} />
          </span>
          <h1>Twizy V2X</h1>
          <p>{t("login.lead")}</p>
        </div>
        <TextField
          label={t("login.user")}
          value={user}
          onValue={setUser}
          autoComplete="username"
          required
        />
        <TextField
          label={t("login.password")}
          value={password}
          onValue={setPassword}
          type="password"
          autoComplete="current-password"
          required
        />
        <Failure text={error} />
        <button type="submit" class="primary wide" disabled={busy}>
          {busy ? t("login.busy") : t("login.enter")}
        </button>
      </form>
      <div class="login-foot">
        {LANGUAGES.map((language) => (
          <button
            type="button"
            key={language}
            class="plain"
            lang={language}
            aria-pressed={preferences.value.language === language}
            onClick={() => prefer({ language })}
          >
            {LANGUAGE_NAMES[language]}
          </button>
        ))}
        <button
          type="button"
          class="plain"
          onClick={() => prefer({ theme: shownTheme.value === "dark" ? "light" : "dark" })}
        >
          <Icon name="moon" size={16} />
          {shownTheme.value === "dark" ? t("settings.light") : t("settings.dark")}
        </button>
        {version !== "" && <small>v{version}</small>}
      </div>
    </main>
  );
}

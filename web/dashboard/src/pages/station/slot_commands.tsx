// What an operator tells a slot to do. The station answers what became of it, and its words are
// shown.

import { useState } from "preact/hooks";
import { ApiError, part, send } from "../../api/client";
import type { Slot } from "../../api/station";
import type { Device, Json } from "../../api/types";
import { t } from "../../i18n";
import type { Key } from "../../i18n";
import { Action } from "../../ui/action";
import { faceOf } from "./slot_values";
import type { Face } from "./slot_values";

type Command = readonly [method: string, text: Key, ask: Key];

const STOP: Command = ["stop", "command.stop", "command.askStop"];
const RELEASE: Command = ["release", "command.release", "command.askRelease"];
const CLOSE: Command = ["outOfService", "command.outOfService", "command.askOutOfService"];
const OPEN: Command = ["inService", "command.inService", "command.askInService"];
const CLEAR: Command = ["clearFault", "command.clearFault", "command.askClearFault"];

const OFFERED: Record<Face, Command[]> = {
  free: [RELEASE, CLOSE],
  connected: [RELEASE, STOP],
  charging: [STOP],
  faulted: [CLEAR, CLOSE],
  unavailable: [OPEN],
  unknown: [],
};

interface Answer {
  answer?: { ok?: boolean; error?: string } | null;
}

/** What the station said against it, if it did. */
function refusal(said: Answer | null): string | null {
  if (said?.answer?.ok !== false) return null;
  return said.answer.error ?? t("command.refused");
}

export function SlotCommands({ station, slot }: { station: Device; slot: Slot }) {
  const [done, setDone] = useState("");
  const order = async (method: string, text: Key) => {
    const body: Json = { method, params: { slot: slot.number } };
    const said = await send<Answer>("POST", `/devices/${part(station.id)}/rpc`, body);
    const against = refusal(said);
    if (against !== null) throw new ApiError(409, against);
    setDone(t("command.done", { command: t(text) }));
  };
  const offered = OFFERED[faceOf(slot)];
  if (offered.length === 0) return null;
  return (
    <div class="slot-commands">
      {offered.map(([method, text, ask]) => (
        <Action
          key={method}
          label={t(text)}
          ask={t(ask, { slot: slot.name })}
          danger={method === "stop" || method === "outOfService"}
          work={() => order(method, text)}
        />
      ))}
      <small role="status">{done}</small>
    </div>
  );
}

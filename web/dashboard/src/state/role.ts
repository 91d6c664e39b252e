// What the role of the user allows. The back end decides; here buttons that it would refuse are
// left out.

import { me } from "../api/client";
import type { Feature } from "../api/types";

export const mayOperate = () => me.value?.role === "operator" || me.value?.role === "admin";
export const isAdmin = () => me.value?.role === "admin";
/** Whether the pages are a hub's, which is told less than a vehicle or a station knows. */
export const isHub = () => me.value?.site.kind === "hub";
export const knows = (feature: Feature) => me.value?.site.features.includes(feature) ?? false;

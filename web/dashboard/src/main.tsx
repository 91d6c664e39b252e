// Where the pages begin.

import { render } from "preact";
import { App } from "./app";
import { applyPreferences } from "./state/preferences";
import { followRoute } from "./state/route";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/parts.css";
import "./styles/table.css";
import "./styles/vehicle.css";
import "./styles/cells.css";
import "./styles/pages.css";
import "./styles/plot_and_map.css";

applyPreferences();
followRoute();
const root = document.getElementById("app");
if (root) render(<App />, root);

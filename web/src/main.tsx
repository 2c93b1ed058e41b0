// SPDX-License-Identifier: Apache-2.0
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { store } from "./state/app-state";
import { startEvents } from "./state/events";
import { restorePrefs } from "./state/prefs";
import { loadPresets } from "./state/presets";

restorePrefs();
window.addEventListener("hashchange", () => store.commit(() => ({ route: location.hash.slice(1) || "/" })));
createRoot(document.getElementById("app")!).render(<App />);
startEvents();
void loadPresets();

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./theme.css";
import "@/lib/i18n/i18n";
import { followTheme } from "./theme";
import { App } from "./App";
import { Providers } from "./providers";

followTheme();
const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <Providers>
      <App />
    </Providers>
  </StrictMode>,
);

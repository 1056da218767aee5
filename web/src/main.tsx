import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Router } from "wouter";
import { publicPath } from "@/shared/public-path";
import { App } from "./app/app";
import "./shared/styles/tokens.css";
import "./shared/styles/base.css";
import "./shared/styles/controls.css";
import "./shared/styles/frame.css";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

createRoot(root).render(
  <StrictMode>
    <Router base={publicPath()}>
      <App />
    </Router>
  </StrictMode>,
);

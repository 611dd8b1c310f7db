import "./styles/tokens.css";
import "./styles/base.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { session } from "./state/session.svelte";
import { theme } from "./state/theme.svelte";
import { traffic } from "./state/traffic.svelte";

theme.start();
traffic.start();
session.start();

const target = document.getElementById("app");
if (!target) throw new Error("the page has no #app");
mount(App, { target });

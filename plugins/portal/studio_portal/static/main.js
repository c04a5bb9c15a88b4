import { start } from "./shell/layout.js";

start();

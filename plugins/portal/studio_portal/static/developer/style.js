import { el } from "../shell/dom.js";

let loaded = null;

/** The styles of the developer pages; they are there when the promise is. */
export function styles() {
  loaded ??= new Promise((resolve) => {
    const href = new URL("style.css", import.meta.url).href;
    document.head.append(el("link", { rel: "stylesheet", href, onload: resolve, onerror: resolve }));
  });
  return loaded;
}

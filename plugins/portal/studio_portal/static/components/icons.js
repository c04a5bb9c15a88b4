import { svg } from "../shell/dom.js";

// Strokes on a grid of 24, one path each.
const PATHS = {
  brand: "M5 13l5 5L20 6",
  menu: "M4 6h16M4 12h16M4 18h16",
  folder: "M3 7a2 2 0 0 1 2-2h4l2 2h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z",
  file: "M7 3h7l5 5v13H7a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zM14 3v5h5",
  shield: "M12 3l8 3v6c0 4.5-3.4 7.8-8 9-4.6-1.200-8-4.500-8-9V6z",
  grid: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
  graph:
    "M6 6m-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0M18 8m-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0M10 18m-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0M8 6.500l8 1M7 8l2.500 8M16.500 9.500L11.500 16.500",
  chat: "M4 5h16v11H9l-5 4z",
  users:
    "M9 11a3.500 3.500 0 1 0 0-7a3.500 3.500 0 0 0 0 7zM2.500 20c0-3.500 3-6 6.500-6s6.500 2.500 6.500 6M16 4.500a3.500 3.500 0 0 1 0 6.500M18 14.500c2.200.800 3.500 2.800 3.500 5.500",
  key: "M14 10a4 4 0 1 0-3.500 4L12 12.500h2V10.500h2V8.500M14 10l7-7",
  hook: "M8 4v7a4 4 0 1 0 8 0M16 11V8M13 10l3-3 3 3",
  code: "M8 7l-5 5 5 5M16 7l5 5-5 5",
  book: "M5 4h11a3 3 0 0 1 3 3v13H8a3 3 0 0 1-3-3zM5 17a3 3 0 0 1 3-3h11",
  plug: "M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4",
  list: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
  bell: "M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4",
  gauge: "M4 18a9 9 0 1 1 16 0M12 14l4-5",
  upload: "M12 16V4M7 9l5-5 5 5M4 20h16",
  check: "M5 12l5 5L20 7",
  warning: "M12 4l9 16H3zM12 10v4M12 17h.01",
  settings: "M4 7h10M18 7h2M4 17h2M10 17h10M14 5v4M6 15v4",
  dot: "M12 12m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0",
};

/** A small drawing that only accompanies words: screen readers pass over it. */
export function iconOf(name) {
  return svg(
    "svg",
    {
      viewBox: "0 0 24 24",
      class: ["icon", name === "brand" && "icon-brand"],
      "aria-hidden": "true",
      focusable: "false",
    },
    svg("path", { d: PATHS[name] ?? PATHS.dot }),
  );
}

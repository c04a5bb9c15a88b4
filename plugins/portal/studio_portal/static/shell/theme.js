const KEPT = "studio.theme";
export const THEMES = ["system", "light", "dark"];

/** The theme that was chosen in this browser. */
export function theme() {
  const kept = localStorage.getItem(KEPT);
  return THEMES.includes(kept) ? kept : "system";
}

/** Choose one; `system` follows the device. */
export function setTheme(name) {
  localStorage.setItem(KEPT, name);
  document.documentElement.dataset.theme = name;
}

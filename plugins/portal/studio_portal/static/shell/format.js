const DAY = 86_400_000;
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const moment = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** `3 Feb 2030`; a dash where there is none. */
export function dateText(value) {
  return value ? day.format(new Date(value)) : "–";
}

/** Date and time of day, where the reader is. */
export function timeText(value) {
  return value ? moment.format(new Date(value)) : "–";
}

/** `3 days ago`, `in 2 hours`. */
export function agoText(value) {
  if (!value) return "never";
  const distance = new Date(value) - Date.now();
  const [unit, size] = [
    ["day", DAY],
    ["hour", DAY / 24],
    ["minute", 60_000],
  ].find(([, each]) => Math.abs(distance) >= each) ?? ["minute", 60_000];
  if (Math.abs(distance) > 60 * DAY) return dateText(value);
  return relative.format(Math.round(distance / size), unit);
}

/** `1.4 MB`. */
export function sizeText(bytes) {
  for (const [unit, size] of [
    ["GB", 1e9],
    ["MB", 1e6],
    ["kB", 1e3],
  ]) {
    if (bytes >= size) return `${(bytes / size).toFixed(bytes < 10 * size ? 1 : 0)} ${unit}`;
  }
  return `${bytes} bytes`;
}

/** `1 control`, `3 controls`. */
export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** A framework's name with its version, unless the name says it. */
export function versioned({ name, version }) {
  return !version || name.endsWith(version) ? name : `${name} ${version}`;
}

/** `in_progress` as `In progress`. */
export function words(name) {
  const text = String(name ?? "").replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

import { el } from "../shell/dom.js";

const BULLET = /^ ?[-*+]\s+(.*)$/;
const NUMBER = /^ ?(\d+)[.)]\s+(.*)$/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const FENCE = /^```/;
const RULE = /^(-{3,}|\*{3,}|_{3,})\s*$/;
const DELIMITER = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
const INLINE =
  /\\([!-\/:-@[-`{-~])|&(lt|gt|amp|quot|#39);|\*\*(.+?)\*\*|\*([^*\s](?:[^*]*[^*\s])?)\*|`([^`]+)`|\[([^\]\n]+)\](?:\([^)\s]*\))?/g;
const ENTITIES = { lt: "<", gt: ">", amp: "&", quot: '"', "#39": "'" };

/**
 * Markdown as nodes: headings, lists, tables, quotes, code, bold and italics. Everything else stays the text that it is,
 * HTML too, and links lose their address: texts of models and templates lead nowhere.
 *
 * `level` is the heading that a `#` becomes; `cite(id)` gives the node for a source in square brackets, or null.
 */
export function markdown(text, { level = 3, cite = () => null } = {}) {
  return blocks(text.replaceAll("\r\n", "\n").split("\n"), { level, cite });
}

function blocks(lines, options) {
  const made = [];
  let at = 0;
  while (at < lines.length) {
    if (lines[at].trim() === "") {
      at += 1;
      continue;
    }
    const [node, next] = readerOf(lines, at)(lines, at, options);
    made.push(node);
    at = next;
  }
  return made;
}

function readerOf(lines, at) {
  const line = lines[at];
  if (FENCE.test(line)) return fence;
  if (HEADING.test(line)) return title;
  if (RULE.test(line)) return () => [el("hr"), at + 1];
  if (line.startsWith(">")) return quote;
  if (BULLET.test(line) || NUMBER.test(line)) return list;
  return isTable(lines, at) ? table : paragraph;
}

function isTable(lines, at) {
  return lines[at].includes("|") && DELIMITER.test(lines[at + 1] ?? "") && lines[at + 1].includes("-");
}

function fence(lines, at) {
  const end = lines.findIndex((line, index) => index > at && FENCE.test(line));
  const last = end === -1 ? lines.length : end;
  return [el("pre", { tabindex: "0" }, el("code", {}, lines.slice(at + 1, last).join("\n"))), last + 1];
}

function title(lines, at, { level, cite }) {
  const [, marks, text] = HEADING.exec(lines[at]);
  return [el(`h${Math.min(6, level + marks.length - 1)}`, {}, inline(text, cite)), at + 1];
}

function quote(lines, at, options) {
  const end = until(lines, at, (line) => !line.startsWith(">"));
  const inner = lines.slice(at, end).map((line) => line.replace(/^> ?/, ""));
  return [el("blockquote", {}, blocks(inner, options)), end];
}

/** Items with what is indented below them; a blank line only ends the list if nothing of it follows. */
function list(lines, at, options) {
  const marker = BULLET.test(lines[at]) ? BULLET : NUMBER;
  const first = marker === NUMBER ? NUMBER.exec(lines[at])[1] : "1";
  const goesOn = (line) => line !== undefined && (marker.test(line) || /^\s{2,}\S/.test(line));
  const items = [];
  for (; at < lines.length; at += 1) {
    const found = marker.exec(lines[at]);
    if (found) items.push([found.at(-1)]);
    else if (goesOn(lines[at])) items.at(-1).push(lines[at].replace(/^\s{1,4}/, ""));
    else if (lines[at].trim() !== "" || !goesOn(lines[at + 1])) break;
  }
  const shown = items.map((item) =>
    el("li", {}, item.length === 1 ? inline(item[0], options.cite) : blocks(item, options)),
  );
  return [el(marker === NUMBER ? "ol" : "ul", { start: first === "1" ? null : first }, shown), at];
}

function table(lines, at, { cite }) {
  const end = until(lines, at, (line) => !line.includes("|"));
  const [head, , ...rest] = lines.slice(at, end).map(cells);
  const row = (name, texts) =>
    el(
      "tr",
      {},
      texts.map((text) => el(name, name === "th" ? { scope: "col" } : {}, inline(text, cite))),
    );
  const body = rest.map((texts) => row("td", texts));
  return [
    el(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table" },
      el("table", {}, el("thead", {}, row("th", head)), el("tbody", {}, body)),
    ),
    end,
  ];
}

function cells(line) {
  return line
    .trim()
    .replace(/^\|/, "")
    .replace(/\|$/, "")
    .split(/(?<!\\)\|/)
    .map((text) => text.trim().replaceAll("\\|", "|"));
}

function paragraph(lines, at, { cite }) {
  const end = until(lines, at, (line, index) => line.trim() === "" || readerOf(lines, index) !== paragraph);
  return [el("p", {}, inline(lines.slice(at, end).join(" "), cite)), end];
}

/** The first line after `at` for which this holds. */
function until(lines, at, holds) {
  const end = lines.findIndex((line, index) => index > at && holds(line, index));
  return end === -1 ? lines.length : end;
}

function inline(text, cite) {
  const made = [];
  let last = 0;
  for (const found of text.matchAll(INLINE)) {
    made.push(text.slice(last, found.index), marked(found, cite));
    last = found.index + found[0].length;
  }
  return [...made, text.slice(last)];
}

function marked([whole, escaped, entity, bold, italic, code, bracketed], cite) {
  if (escaped || entity) return escaped ?? ENTITIES[entity];
  if (bold) return el("strong", {}, inline(bold, cite));
  if (italic) return el("em", {}, inline(italic, cite));
  if (code) return el("code", {}, code);
  if (whole.endsWith(")")) return bracketed;
  const cited = bracketed.split(/[,;]\s*/).map(cite);
  return cited.every(Boolean) ? cited : whole;
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. Attributes that begin with `on` are listeners; `true` gives an empty attribute, `false` and `null` none;
 * `class` may be a list with holes. Children are nodes, texts and lists of both; nothing is ever read as HTML.
 */
export function el(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** The same for drawings. */
export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

/** Put these in place of whatever `parent` holds. */
export function replace(parent, ...children) {
  parent.replaceChildren(...flat(children));
  return parent;
}

let last = 0;
/** An id that nothing else on the page has. */
export function uniqueId(prefix = "x") {
  last += 1;
  return `${prefix}-${last}`;
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "indeterminate") element[name] = value;
    else if (name === "class") element.setAttribute("class", [value].flat().filter(Boolean).join(" "));
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...flat(children));
  return element;
}

function flat(children) {
  return children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false && each !== "");
}

// What the portal shows for requests, and how it reads the OpenAPI document.
// node snippets.mjs <portal's static folder> <client's operations.js>  with {document, requests, base} on standard input
import { readFileSync } from "node:fs";

const [, , portal, client] = process.argv;
const { Document } = await import(`${portal}/developer/document.js`);
const { bodyOf, pathOf } = await import(`${portal}/developer/examples.js`);
const { snippets } = await import(`${portal}/developer/snippets.js`);
const { operations } = await import(client);

const { document: source, requests, base } = JSON.parse(readFileSync(0, "utf8"));
const document = new Document(source);

const rows = document.operations.filter((each) => each.id in operations).map((each) => {
  const { method, path, body, types, file, answer, key, streams } = each;
  const names = (list) => list.map(({ name }) => name);
  const row = { method, path, query: names(each.query), fields: names(each.fields), body, types: body === "raw" ? types : [], file, answer, key, streams };
  return [each.id, Object.fromEntries(Object.entries(row).filter(([, value]) => (Array.isArray(value) ? value.length : value)))];
});

const shown = requests.map(({ id, request }) => snippets(document.byId.get(id), request, base).map(([, text]) => text));
const examples = document.operations.map((each) => {
  const path = Object.fromEntries(each.pathParameters.map((one) => [one.name, pathOf(document, one)]));
  return { id: each.id, path, needed: bodyOf(document, each), every: bodyOf(document, each, { every: true }) };
});
console.log(JSON.stringify({ rows: Object.fromEntries(rows), operations, shown, examples }));

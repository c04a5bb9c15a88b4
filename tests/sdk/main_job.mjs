// The API reference's examples and the main job, with the JavaScript client. Prints one line of JSON.
// node main_job.mjs <entry of the client> <address> <email> <password>
const [, , entry, baseURL, email, password] = process.argv;
const { StudioAPI, ClientCredentials, NotFound, InvalidRequest } = await import(entry);

const api = new StudioAPI({ baseURL });
await api.login(email, password);
const { api_key: apiKey } = await api.apiKeys.create({ name: "My Application", scopes: ["read", "write"] });
const keyed = new StudioAPI({ baseURL, apiKey });

const project = await keyed.projects.create({
  name: "JavaScript",
  framework: "soc2",
  milestones: [{ name: "Initial Assessment", dueDate: new Date("2031-02-01T00:00:00Z") }],
});
const projects = await keyed.projects.list();
const shown = await keyed.projects.get(project.id);
const control = shown.controls[0];

const fileData = new TextEncoder().encode("# Security policy\n".repeat(100));
const steps = [];
const evidence = await keyed.evidence.create(
  { title: "Security Policy", file: fileData, fileName: "policy.md", controlId: control.id, projectId: project.id, tags: ["js"] },
  { onProgress: (done, total) => steps.push([done, total]) },
);
const plain = await keyed.evidence.create({
  title: "The same without progress",
  file: new File([fileData], "again.md"),
  controlId: control.id,
  projectId: project.id,
});
const quoted = '"Acceptable use" and "Clear desk"';
const titled = { title: quoted, file: fileData, fileName: "quoted.md", projectId: project.id };
const titles = [
  (await keyed.evidence.create(titled)).title,
  (await keyed.evidence.create(titled, { onProgress: () => {} })).title,
];
const download = await keyed.evidence.download(evidence.id);
const bytes = await download.bytes();

const numbers = [];
for await (const each of (await keyed.projects.controls.list(project.id, { limit: 25 })).all()) numbers.push(each.number);

const errors = {};
await keyed.projects.get("proj_00000000000000000000000000").catch((error) => {
  errors.missing = [error instanceof NotFound, error.requestId.slice(0, 4)];
});
await keyed.projects.create({ name: "", framework: "soc2" }).catch((error) => {
  errors.field = [error instanceof InvalidRequest, error.details.field];
});
try {
  keyed.projects.list({ statsu: "active" });
} catch (error) {
  errors.unknown = error.message.slice(0, 36);
}

const made = await api.oauthClients.create({ name: "M", grantTypes: ["client_credentials"], scopes: ["read"] });
const auth = new ClientCredentials({ clientId: made.client_id, clientSecret: made.client_secret, scope: "read" });
const machine = await new StudioAPI({ baseURL, auth }).projects.list();
// What a plugin of the platform at hand adds is unknown to the client until it is told.
const books = { method: "GET", path: "/api/v1/projects", query: ["limit"], answer: "list", key: "projects" };
const further = await keyed.extend({ "shelf.books.list": books }).shelf.books.list({ limit: 1 });
const score = await keyed.compliance.score({ projectId: project.id });

console.log(
  JSON.stringify({
    listed: [...projects].some((each) => each.id === project.id),
    milestone: shown.milestones[0].due_date,
    evidence: [evidence.status, evidence.file_name, evidence.file_size, plain.file_name],
    quoted: titles.every((title) => title === quoted),
    progress: steps.at(-1),
    same: Buffer.compare(Buffer.from(bytes), Buffer.from(fileData)) === 0,
    fileName: download.fileName,
    numbers: [numbers.length, new Set(numbers).size],
    errors,
    further: further.length,
    machine: machine.length >= 0,
    score: score.overall_score >= 0,
  }),
);

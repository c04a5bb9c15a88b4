// A file and a report that take longer than the time limit, and a small answer that does. Prints one line of JSON.
// node slow_download.mjs <entry of the client> <address>
const [, , entry, baseURL] = process.argv;
const { StudioAPI, ConnectionFailed } = await import(entry);

const api = new StudioAPI({ baseURL, apiKey: "k", timeout: 0.5, retries: { attempts: 1 } });
const bytes = await (await api.evidence.download("ev_1")).bytes();
const report = await api.compliance.report({ projectId: "proj_1" });
const failure = await api.projects.get("proj_1").catch((error) => error);
console.log(JSON.stringify([bytes.length, report.length, failure instanceof ConnectionFailed]));

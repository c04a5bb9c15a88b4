import { openDialog } from "../components/dialog.js";
import { dropZone } from "../components/drop.js";
import { form } from "../components/form.js";
import { errorText, progress } from "../components/states.js";
import { toast } from "../components/toast.js";
import { el } from "../shell/dom.js";
import { count, sizeText } from "../shell/format.js";

/** Where evidence is dropped: asks once what it is, then sends the files one by one, each with its progress. */
export function uploader(context, { project, control = null, done }) {
  const list = el("ul", { class: "lines uploads", "aria-label": "Uploads" });
  const begin = async (files) => {
    const about = await askAbout(files, project, control);
    if (!about) return;
    const results = [];
    for (const file of files)
      results.push(
        await send(
          context,
          list,
          file,
          { ...about, title: files.length > 1 ? plainName(file.name) : about.title, project_id: project.id },
          retry,
        ),
      );
    const kept = results.filter(Boolean).length;
    if (kept > 0)
      toast(
        kept === 1 && files.length === 1
          ? "Uploaded. Somebody else can review it now."
          : `${kept} of ${count(files.length, "file")} uploaded`,
      );
    if (kept === files.length) done();
  };
  /** What was typed is there again. */
  const retry = async (file, fields, line) => {
    const about = await askAbout([file], project, control, fields);
    if (!about) return;
    line.remove();
    if (!(await send(context, list, file, { ...about, project_id: project.id }, retry))) return;
    toast("Uploaded. Somebody else can review it now.");
    if (!list.querySelector(".complaint")) done();
  };
  const hint = "PDF, Office, text, CSV, Markdown, JSON, images, ZIP. What a file is, is told from its content.";
  const others = el(
    "div",
    { class: "actions" },
    el(
      "button",
      { type: "button", class: "small", onclick: () => addLink(context, project, control, done) },
      "Add a link",
    ),
    el(
      "button",
      { type: "button", class: "small", onclick: () => addNote(context, project, control, done) },
      "Write a note",
    ),
  );
  return el(
    "div",
    { class: "stack" },
    dropZone({ label: "Drop files here, or choose some", hint, onFiles: begin }),
    others,
    list,
  );
}

function addLink({ api }, project, control, done) {
  return addOther(
    "Add a link",
    project,
    control,
    { name: "url", label: "Address", type: "url", required: true, placeholder: "https://" },
    async (values) => {
      await api.evidence.links.create(values);
      done();
    },
  );
}

function addNote({ api }, project, control, done) {
  return addOther(
    "Write a note",
    project,
    control,
    { name: "text", label: "Note", type: "textarea", rows: 6, required: true },
    async (values) => {
      await api.evidence.notes.create(values);
      done();
    },
  );
}

/** Evidence that is no file. */
function addOther(title, project, control, field, keep) {
  return openDialog({
    title,
    build: (close) =>
      form({
        fields: [
          { name: "title", label: "Title", required: true },
          field,
          { name: "description", label: "What it shows", type: "textarea", rows: 2 },
          {
            name: "control_id",
            label: "Control",
            type: "select",
            options: controlOptions(project),
            value: control?.id ?? "",
          },
        ],
        submit: "Add",
        cancel: () => close(),
        onSubmit: async (values) => {
          await keep({ project_id: project.id, ...values });
          close();
          toast("Added. Somebody else can review it now.");
        },
      }),
  });
}

function controlOptions(project) {
  return [["", "None yet"], ...project.controls.map((each) => [each.id, `${each.number} ${each.title}`])];
}

/** What the files are; `given` is what was said of them before. */
function askAbout(files, project, control, given = {}) {
  return openDialog({
    title: files.length > 1 ? `Upload ${count(files.length, "file")}` : "Upload evidence",
    build: (close) =>
      form({
        fields: [
          files.length === 1 && { name: "title", label: "Title", required: true, value: given.title ?? plainName(files[0].name) },
          {
            name: "description",
            label: "What it shows",
            type: "textarea",
            rows: 3,
            value: given.description,
            help: "A sentence or two raise its quality score.",
          },
          {
            name: "control_id",
            label: "Control",
            type: "select",
            options: controlOptions(project),
            value: given.control_id ?? control?.id ?? "",
          },
          { name: "period_start", label: "Speaks of the time from", type: "date", value: given.period_start },
          { name: "period_end", label: "until", type: "date", value: given.period_end },
          { name: "valid_until", label: "Valid until", type: "date", value: given.valid_until },
          { name: "tags", label: "Tags", help: "Separated by commas.", value: given.tags?.join(", ") },
        ],
        submit: "Upload",
        cancel: () => close(),
        onSubmit: async ({ tags, ...values }) =>
          close({
            description: "",
            ...values,
            ...(tags
              ? {
                  tags: tags
                    .split(",")
                    .map((tag) => tag.trim())
                    .filter(Boolean),
                }
              : {}),
          }),
      }),
  });
}

/** Send one file; true when it was kept. Otherwise its line tells why, and `retry` asks once more. */
async function send({ api, signal }, list, file, fields, retry) {
  const bar = progress(`Upload of ${file.name}`);
  const line = el("li", {}, el("span", {}, file.name, el("div", { class: "muted" }, sizeText(file.size))), bar.element);
  list.append(line);
  try {
    await api.evidence.create({ file, ...fields }, { onProgress: bar.set, signal });
    bar.set(1, 1);
    return true;
  } catch (error) {
    const again = el("button", { type: "button", class: "small", onclick: () => retry(file, fields, line) }, "Change and try again");
    bar.element.replaceWith(el("span", { class: "complaint", role: "alert" }, errorText(error), " ", again));
    return false;
  }
}

function plainName(name) {
  return name.replace(/\.[^.]+$/, "").replaceAll("_", " ");
}

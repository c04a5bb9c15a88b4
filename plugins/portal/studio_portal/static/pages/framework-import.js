import { dropZone } from "../components/drop.js";
import { form } from "../components/form.js";
import { card, note } from "../components/states.js";
import { toast } from "../components/toast.js";
import { el, replace } from "../shell/dom.js";
import { sizeText } from "../shell/format.js";
import { go } from "../shell/router.js";

const TYPES = { csv: "text/csv", yaml: "application/yaml", yml: "application/yaml", json: "application/json" };
const KINDS = ".yaml,.yml,.json,.csv";
const HINT = "Studio YAML or JSON, an OSCAL catalogue or profile, or CSV.";

/** Take in a framework from a file. */
export function importer({ api }) {
  const place = el("div", {});
  const chosen = ([file]) => {
    const csv = file.name.endsWith(".csv");
    const fields = [
      {
        name: "id",
        label: "Id",
        required: csv,
        help: "For OSCAL and CSV, which don't say one: small letters, digits and hyphens.",
      },
      { name: "name", label: "Name", required: csv, help: "In place of the one in the file." },
      { name: "version", label: "Version", help: "In place of the one in the file." },
      csv && columnsField(),
      !csv && {
        name: "catalog",
        label: "Catalogue of a profile",
        help: "For an OSCAL profile: the id of the imported catalogue that it selects from.",
      },
    ];
    const onSubmit = async (values) => {
      const made = await api.compliance.frameworks.import({ ...values, ...contentOf(file) });
      toast(`${made.name} ${made.version} with ${made.controls} controls`);
      go(`/frameworks/${made.id}`);
    };
    replace(
      place,
      note(`${file.name}, ${sizeText(file.size)}`),
      form({ fields, submit: "Import", onSubmit, cancel: () => replace(place) }),
    );
  };
  return card(
    "Import a framework",
    el("div", { class: "stack" }, fileChoice("Drop the definition here, or choose it", chosen), place),
  );
}

/** A zone for one definition. */
export function fileChoice(label, onFiles) {
  return dropZone({ label, hint: HINT, multiple: false, accept: KINDS, onFiles });
}

/** Where a CSV file has what. */
export function columnsField() {
  return {
    name: "columns",
    label: "Columns",
    placeholder: "number:Ref,title:Control name",
    help: "Which column is what, if their headings don't say so.",
  };
}

/** A file as the body of a request, with what it is. */
export function contentOf(file) {
  return { content: file, contentType: TYPES[file.name.split(".").pop().toLowerCase()] ?? file.type };
}

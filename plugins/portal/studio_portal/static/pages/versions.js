import { openDialog } from "../components/dialog.js";
import { dropZone } from "../components/drop.js";
import { form } from "../components/form.js";
import { card, errorText, progress } from "../components/states.js";
import { saveAs } from "../components/save.js";
import { toast } from "../components/toast.js";
import { el, replace } from "../shell/dom.js";
import { sizeText, timeText } from "../shell/format.js";

/** Every version that there was; the earlier ones stay readable. A new one starts at pending again. */
export function versionsCard(all) {
  const { api, piece, may, nameOf, versions, refresh } = all;
  const save = async (version) => {
    try {
      const file = await api.evidence.download(piece.id, { version });
      saveAs(await file.blob(), file.fileName);
    } catch (error) {
      toast(errorText(error), "error");
    }
  };
  const items = [...versions].map((each) =>
    el(
      "li",
      {},
      el(
        "span",
        {},
        el("strong", {}, `Version ${each.version}`),
        ` ${each.file_name || each.url || ""}`,
        el(
          "div",
          { class: "muted wrap" },
          `${nameOf(each.uploaded_by)}, ${timeText(each.uploaded_at)}${each.file_size ? `, ${sizeText(each.file_size)}` : ""}${each.comment ? `: ${each.comment}` : ""}`,
        ),
      ),
      each.kind !== "link" &&
        el(
          "button",
          {
            type: "button",
            class: "small",
            "aria-label": `Save version ${each.version}`,
            onclick: () => save(each.version),
          },
          "Save",
        ),
    ),
  );
  const place = el("div", {});
  const send = async ([file]) => {
    const about = await openDialog({
      title: "New version",
      build: (close) =>
        form({
          fields: [{ name: "comment", label: "What changed", type: "textarea", rows: 2 }],
          submit: "Upload",
          cancel: () => close(),
          onSubmit: async (values) => close(values),
        }),
    });
    if (!about) return;
    const bar = progress(`Upload of ${file.name}`);
    replace(place, bar.element);
    try {
      await api.evidence.versions.create(piece.id, { file, ...about }, { onProgress: bar.set });
      toast("The new version waits for a review.");
      refresh();
    } catch (error) {
      replace(place, el("p", { class: "complaint", role: "alert" }, errorText(error)));
    }
  };
  const drop =
    may("evidence:upload") &&
    dropZone({
      label: "Drop a new version here, or choose it",
      hint: "It starts at pending; this version stays readable.",
      multiple: false,
      onFiles: send,
    });
  return card("Versions", el("ul", { class: "lines" }, items), drop, place);
}

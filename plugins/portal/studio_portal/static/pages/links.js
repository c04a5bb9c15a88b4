import { card, empty, errorText } from "../components/states.js";
import { toast } from "../components/toast.js";
import { el } from "../shell/dom.js";
import { href } from "../shell/router.js";

/** The controls that a piece serves, and those that it could. */
export function linksCard({ api, piece, project, may, refresh }) {
  const changes = may("evidence:update");
  const served = project.controls.filter((control) => piece.control_ids.includes(control.id));
  const change = async (act, text) => {
    try {
      await act();
      toast(text);
    } catch (error) {
      toast(errorText(error), "error");
    }
    refresh();
  };
  const items = served.map((control) =>
    el(
      "li",
      {},
      el("a", { href: href(`/projects/${project.id}/controls/${control.id}`) }, `${control.number} ${control.title}`),
      changes &&
        el(
          "button",
          {
            type: "button",
            class: "small",
            "aria-label": `Unlink ${control.number}`,
            onclick: () => change(() => api.evidence.unlink(piece.id, control.id), "Unlinked"),
          },
          "Unlink",
        ),
    ),
  );
  return card(
    "Controls",
    items.length
      ? el("ul", { class: "lines" }, items)
      : empty("Serves no control yet", "Evidence counts once it is linked to a control and approved."),
    changes && adder(),
  );

  function adder() {
    const rest = project.controls.filter((control) => !piece.control_ids.includes(control.id));
    const choice = el(
      "select",
      { "aria-label": "Control to link" },
      rest.map((control) => el("option", { value: control.id }, `${control.number} ${control.title}`)),
    );
    const link = () => choice.value && change(() => api.evidence.link(piece.id, choice.value), "Linked");
    return el("div", { class: "pair" }, choice, el("button", { type: "button", onclick: link }, "Link"));
  }
}

import { confirm, openDialog } from "../components/dialog.js";
import { form } from "../components/form.js";
import { dataTable } from "../components/table.js";
import { toast } from "../components/toast.js";
import { errorText } from "../components/states.js";
import { el } from "../shell/dom.js";
import { dateText, words } from "../shell/format.js";
import { projectFrame } from "./project-frame.js";

const ROLES = ["manager", "compliance_lead", "team_member", "auditor", "viewer"].map((each) => [each, words(each)]);

/** Who works in a project, and as what. */
export async function render(context) {
  const { api, session } = context;
  const frame = await projectFrame(context, "team", {
    actions: (may) =>
      may("projects:team") && el("button", { type: "button", class: "primary", onclick: () => add() }, "Add a member"),
  });
  const { project, may, nameOf, head } = frame;
  const changed = async (change, text) => {
    try {
      await change();
      toast(text);
    } catch (error) {
      toast(errorText(error), "error");
    }
    context.refresh();
  };
  async function add() {
    // Only administrators can list accounts; others name one by its id.
    const options = session.may("users:read", "")
      ? [...(await api.users.list({ limit: 100, status: "active" }))].map((user) => [
          user.id,
          `${user.name} (${user.email})`,
        ])
      : null;
    const who = options
      ? { type: "select", options }
      : { placeholder: "user_…", help: "The id of the account: everybody finds their own under “Your account”." };
    await openDialog({
      title: "Add a member",
      build: (close) =>
        form({
          fields: [
            { name: "user_id", label: "Account", required: true, ...who },
            { name: "role", label: "Role", type: "select", options: ROLES, value: "team_member" },
          ],
          submit: "Add",
          cancel: () => close(),
          onSubmit: async (values) => {
            await api.projects.members.add(project.id, values);
            close();
            toast("Added to the team");
            context.refresh();
          },
        }),
    });
  }
  const role = (member) =>
    may("projects:team")
      ? el(
          "select",
          {
            "aria-label": `Role of ${nameOf(member.user_id)}`,
            onchange: (event) =>
              changed(
                () => api.projects.members.update(project.id, member.user_id, { role: event.target.value }),
                "Role changed",
              ),
          },
          ROLES.map(([value, text]) => el("option", { value, selected: value === member.role }, text)),
        )
      : words(member.role);
  const remove = async (member) => {
    const sure = await confirm("Remove from the team", `${nameOf(member.user_id)} will no longer see this project.`, {
      yes: "Remove",
    });
    if (sure) await changed(() => api.projects.members.remove(project.id, member.user_id), "Removed");
  };
  const table = dataTable({
    label: "Team",
    load: (query) => api.projects.members.list(project.id, query),
    columns: [
      { label: "Name", wide: true, cell: (member) => nameOf(member.user_id) },
      { label: "Role", cell: role },
      { label: "Since", cell: (member) => dateText(member.joined_at) },
      may("projects:team") && {
        label: "Action",
        cell: (member) =>
          el("button", { type: "button", class: "small danger", onclick: () => remove(member) }, "Remove"),
      },
    ].filter(Boolean),
  });
  return [head, table];
}

import { form } from "../components/form.js";
import { card, heading } from "../components/states.js";
import { toast } from "../components/toast.js";
import { count } from "../shell/format.js";
import { go, href } from "../shell/router.js";

/** Begin a project: a name, and the framework whose controls it is about. */
export async function render({ api, session }) {
  const { frameworks } = await api.compliance.frameworks();
  const options = frameworks.map((each) => [
    each.id,
    `${each.name} ${each.version} – ${count(each.controls.length, "control")}`,
  ]);
  const create = async (values) => {
    // Whoever makes a project is to be able to work in it.
    const project = await api.projects.create({
      ...values,
      team_members: [{ user_id: session.user.id, role: "manager" }],
    });
    toast(`${project.name} is ready: every control of its framework is in it.`);
    go(`/projects/${project.id}`);
  };
  const fields = [
    { name: "name", label: "Name", required: true, placeholder: "SOC 2 Type II 2030" },
    {
      name: "framework",
      label: "Framework",
      type: "select",
      options,
      required: true,
      help: "Further frameworks can be attached later; evidence counts wherever its control is mapped.",
    },
    { name: "description", label: "Description", type: "textarea", rows: 3 },
  ];
  return [
    heading("New project", { crumbs: [["Projects", href("/projects")]] }),
    card("", form({ fields, submit: "Create project", onSubmit: create, cancel: () => go("/projects") })),
  ];
}

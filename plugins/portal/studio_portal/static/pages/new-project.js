import { form } from "../components/form.js";
import { card, heading } from "../components/states.js";
import { toast } from "../components/toast.js";
import { count, versioned } from "../shell/format.js";
import { go, href } from "../shell/router.js";

/** Begin a project: a name, and the framework whose controls it is about. */
export async function render({ api, session }) {
  const choice = session.may("compliance:read") ? await choiceOf(api) : { placeholder: "soc2" };
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
      required: true,
      ...choice,
      help: "Further frameworks can be attached later; evidence counts wherever its control is mapped.",
    },
    { name: "description", label: "Description", type: "textarea", rows: 3 },
  ];
  return [
    heading("New project", { crumbs: [["Projects", href("/projects")]] }),
    card("", form({ fields, submit: "Create project", onSubmit: create, cancel: () => go("/projects") })),
  ];
}

/** What there is to choose from; only with the plugin that lists frameworks. */
async function choiceOf(api) {
  const { frameworks } = await api.compliance.frameworks();
  const text = (each) => `${versioned(each)} – ${count(each.controls.length, "control")}`;
  return { type: "select", options: frameworks.map((each) => [each.id, text(each)]) };
}

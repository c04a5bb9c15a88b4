import { form } from "../components/form.js";
import { heading, note } from "../components/states.js";
import { el } from "./dom.js";

/** For those whose role needs a second factor, and who have none yet: the page beside this one sets it up. */
function enrolment() {
  const way = el("a", { href: "/oauth/account" }, "Set it up");
  return note(el("span", {}, "Your role needs a second factor, and you have none yet. ", way, ", then come back and log in."), "warning");
}

/** The page that asks who one is; `done` is called once that is known. */
export function render(session, notice, done) {
  let wantsCode = false;
  const place = el("div", {});
  const draw = (values = {}, problem = null) => place.replaceChildren(fields(values, problem));
  const fields = (values, problem) =>
    form({
      fields: [
        {
          name: "email",
          label: "Email address",
          type: "email",
          required: true,
          autocomplete: "username",
          value: values.email,
        },
        {
          name: "password",
          label: "Password",
          type: "password",
          required: true,
          autocomplete: "current-password",
          value: values.password,
        },
        wantsCode && {
          name: "otp",
          label: "Code of your authenticator",
          required: true,
          autocomplete: "one-time-code",
          help: "Six digits, or one of your recovery codes.",
        },
      ],
      submit: "Log in",
      signsIn: true,
      problem,
      onSubmit: (given) => logIn(given),
    });
  async function logIn(given) {
    try {
      const { second_factor: factor } = await session.login(given.email, given.password, given.otp);
      if (factor === "enrolment_required") return place.replaceChildren(enrolment());
    } catch (error) {
      if (error.details?.field !== "otp" || wantsCode) throw error;
      wantsCode = true;
      draw(given);
      place.querySelector("[name=otp]").focus();
      return;
    }
    done();
  }
  draw();
  const forgotten = el(
    "p",
    { class: "muted" },
    el("a", { href: "/oauth/password" }, "Set a new password with a one-time token"),
  );
  return el("div", { class: "login card" }, heading("Log in"), notice && note(notice, "warning"), place, forgotten);
}

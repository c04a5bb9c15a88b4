import { heading, loading } from "../components/states.js";

/** The documentation is a site of its own beside the portal; Back leads to where one came from. */
export function render() {
  location.replace("docs/");
  return [heading("Documentation"), loading("Opening the documentation")];
}

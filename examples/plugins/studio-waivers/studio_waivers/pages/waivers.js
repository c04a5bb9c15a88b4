import { badge, empty, heading } from "../../components/states.js";
import { dataTable } from "../../components/table.js";
import { timeText, words } from "../../shell/format.js";

const OPERATIONS = {
  "waivers.list": {
    method: "GET",
    path: "/api/v1/waivers",
    query: ["limit", "cursor", "sort", "order", "search", "status"],
    answer: "list",
    key: "waivers",
  },
};
const STATUSES = ["active", "expired"];

/** Every waiver that the caller may see. */
export function render({ api }) {
  const { waivers } = api.extend(OPERATIONS);
  const table = dataTable({
    label: "Waivers",
    sort: "expires_at",
    order: "asc",
    load: (query) => waivers.list(query),
    search: "Search waivers",
    filters: [{ name: "status", label: "Status", options: STATUSES.map((status) => [status, words(status)]) }],
    columns: [
      { label: "Title", sort: "title", wide: true, cell: (waiver) => waiver.title },
      { label: "Severity", cell: (waiver) => words(waiver.severity) },
      { label: "Status", cell: (waiver) => badge(waiver.status) },
      { label: "Ends", sort: "expires_at", cell: (waiver) => timeText(waiver.expires_at) },
    ],
    nothing: empty("No waivers yet", "Whoever manages a project grants them by the API."),
  });
  return [heading("Waivers"), table];
}

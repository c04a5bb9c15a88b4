/**
 * Rows that are here already, as `dataTable` loads a list: searched in `text(row)`, and narrowed by the filters whose
 * values `fits` gives.
 */
export function localRows(rows, text, fits = {}) {
  return async ({ search = "", ...query }) => {
    const wanted = search.toLowerCase().split(/\s+/).filter(Boolean);
    const found = rows.filter((row) => {
      const own = text(row).toLowerCase();
      return (
        wanted.every((word) => own.includes(word)) &&
        Object.entries(fits).every(([name, value]) => !query[name] || value(row) === query[name])
      );
    });
    return Object.assign(found, { pagination: { total: found.length, next_cursor: null } });
  };
}

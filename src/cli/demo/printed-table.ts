// Reads the tables that kubectl, helm and our own commands print for people: pure.

/** A row by its column's header; an empty cell is absent. */
export type Row = Readonly<Record<string, string>>;

/** helm separates columns by tabs, kubectl and we by at least two blanks. */
const separator = /\s*\t\s*|\s{2,}/;

/**
 * The rows of every table in `output`. A table begins with a line of at least two upper-case headers and ends with a line
 * of a single cell or none; what stands around it (summaries, notes) is left out.
 */
export function readTables(output: string): readonly Row[] {
  const rows: Row[] = [];
  let headers: readonly string[] | undefined;
  for (const line of output.split('\n')) {
    const cells = line.trim().split(separator);
    if (cells.length < 2) headers = undefined;
    else if (cells.every((cell) => /^[A-Z][A-Z() -]*$/.test(cell))) headers = cells;
    else if (headers !== undefined) rows.push(Object.fromEntries(zip(headers, cells)));
  }
  return rows;
}

function zip(headers: readonly string[], cells: readonly string[]): [string, string][] {
  return headers.flatMap((header, index) => {
    const cell = cells[index];
    return cell === undefined || cell === '' ? [] : [[header, cell]];
  });
}

// Files made of what is seen: a table as CSV, a picture as PNG. What the back end itself exports is
// a link to it.

/** RFC 4180; a field that a spreadsheet would take for a formula is kept a text. */
export function toCsv(rows: readonly (readonly (string | number | null | undefined)[])[]): string {
  const field = (value: string | number | null | undefined) => {
    if (value === null || value === undefined) return "";
    if (typeof value === "number") return String(value);
    const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => row.map(field).join(",") + "\r\n").join("");
}

export const isoTime = (ts: number | null | undefined) =>
  ts === null || ts === undefined ? null : new Date(ts).toISOString();

export function saveBlob(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.download = fileName(name);
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export function saveText(text: string, name: string, type = "text/csv;charset=utf-8"): void {
  saveBlob(new Blob([text], { type }), name);
}

/** A name that every file system takes. */
export function fileName(name: string): string {
  return name.replace(/[^\p{L}\p{N}._-]+/gu, "_").slice(0, 120);
}

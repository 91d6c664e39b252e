// A table of rows: columns with a name, a cell, and what a CSV file has in its place. On a phone
// each row is a small card whose cells carry their column's name.

import type { ComponentChildren } from "preact";
import { t } from "../i18n";
import { saveText, toCsv } from "./download";
import { Icon } from "./icon";

export type Csv<T> = [
  /** English, with the unit, so that one program reads the files of all users. */
  name: string,
  of: (row: T) => string | number | null | undefined,
];

export interface Column<T> {
  name: string;
  cell: (row: T) => ComponentChildren;
  /** What a file has in its place: columns of their own names, with the units of the API. */
  csv?: Csv<T> | Csv<T>[];
  /** Numbers stand at the end of their column. */
  number?: boolean;
}

interface TableProps<T> {
  caption: string;
  columns: Column<T>[];
  rows: readonly T[];
  id: (row: T) => string | number;
}

export function Table<T>({ caption, columns, rows, id }: TableProps<T>) {
  return (
    // It can be wider than the window: the keyboard must be able to scroll it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div class="table" role="region" aria-label={caption} tabIndex={0}>
      <table>
        <caption class="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" class={column.number ? "number" : ""}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={id(row)}>
              {columns.map((column) => (
                <td key={column.name} class={column.number ? "number" : ""} data-name={column.name}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface CsvProps<T> {
  columns: Column<T>[];
  rows: readonly T[];
  name: string;
}

function isOne<T>(csv: Csv<T> | Csv<T>[]): csv is Csv<T> {
  return typeof csv[0] === "string";
}

/** Saves the rows that are seen. */
export function CsvButton<T>({ columns, rows, name }: CsvProps<T>) {
  const kept = columns.flatMap(({ csv }): Csv<T>[] =>
    csv === undefined ? [] : isOne(csv) ? [csv] : csv,
  );
  const save = () => {
    const head = kept.map(([name]) => name);
    const body = rows.map((row) => kept.map(([, of]) => of(row)));
    saveText(toCsv([head, ...body]), `${name}.csv`);
  };
  return (
    <button type="button" class="small" onClick={save} disabled={rows.length === 0}>
      <Icon name="save" size={16} />
      CSV<span class="visually-hidden">{t("action.saveTable")}</span>
    </button>
  );
}

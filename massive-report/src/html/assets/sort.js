// Lets readers sort the tables of class "sortable". Each heading becomes a
// button; aria-sort and a status line say what the order is.
"use strict";
(() => {
  const collator = new Intl.Collator("en", { numeric: true });

  function compare(kind, column, direction) {
    const key = (row) => {
      const cell = row.cells[column];
      if (kind !== "number") return cell.textContent.trim();
      return cell.dataset.key === undefined ? NaN : Number(cell.dataset.key);
    };
    return (a, b) => {
      const [x, y] = [key(a), key(b)];
      if (kind !== "number") return direction * collator.compare(x, y);
      // What has no value comes last, whatever the direction.
      if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
      return direction * (x - y);
    };
  }

  function sort(table, heading, status) {
    const kind = heading.dataset.kind;
    const first = kind === "number" ? "descending" : "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    const order = heading.getAttribute("aria-sort") === first ? other : first;
    for (const th of heading.parentElement.cells) th.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", order);
    const body = table.tBodies[0];
    const rows = [...body.rows];
    rows.sort(compare(kind, heading.cellIndex, order === "ascending" ? 1 : -1));
    body.append(...rows);
    status.textContent = `Sorted by ${heading.textContent.trim()}, ${order}`;
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    const status = document.createElement("p");
    status.className = "visually-hidden";
    status.setAttribute("role", "status");
    table.parentElement.after(status);
    for (const heading of table.tHead.rows[0].cells) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...heading.childNodes);
      button.addEventListener("click", () => sort(table, heading, status));
      heading.append(button);
    }
  }
})();

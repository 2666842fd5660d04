// Filters, sorts and ranks the boards of the page from the data in it. All text
// of entries goes into the page as text.
"use strict";
(() => {
  const holder = document.getElementById("board-data");
  const form = document.getElementById("controls");
  if (!holder || !form) return;
  const data = JSON.parse(holder.textContent);
  const STEPS = 1e6;
  const collator = new Intl.Collator("en", { numeric: true });
  const sections = [...document.querySelectorAll(".ranking")];
  const initial = { metric: data.metric, on: data.on };

  function figure(group, row, scope, metric) {
    const at = group.at.get(scope);
    if (at === undefined) return null;
    const start = at * 9 + metric * 3;
    const [value, down, up] = row.figures.slice(start, start + 3);
    if (value < 0) return null;
    return { value, low: down < 0 ? null : value - down, high: down < 0 ? null : value + up };
  }

  // Place, best and worst rank of every row: tied where intervals overlap.
  function ranks(group, scope, metric) {
    if (scope === initial.on && metric === initial.metric) return group.rows.map((row) => row.rank);
    const values = group.rows.map((row) => (row.ranked ? figure(group, row, scope, metric) : null));
    const known = values.filter((value) => value);
    return values.map((mine) => {
      if (!mine) return null;
      let [higher, ahead, behind] = [0, 0, 0];
      for (const other of known) {
        if (other.value === mine.value) continue;
        const above = other.value > mine.value;
        if (above) higher += 1;
        const overlap =
          mine.low !== null && other.low !== null && mine.low <= other.high && other.low <= mine.high;
        if (overlap) continue;
        if (above) ahead += 1;
        else behind += 1;
      }
      return [higher + 1, ahead + 1, known.length - behind];
    });
  }

  function columnsOf(group, state) {
    const text = (title, key) => ({ title, key, kind: "text" });
    const metrics = data.metrics.map((metric, index) => ({
      title: metric.title[0].toUpperCase() + metric.title.slice(1),
      scope: state.on,
      metric: index,
      kind: "number",
      ranked: index === state.metric,
    }));
    let extra = [];
    if (state.columns === "given") extra = data.columns;
    else if (state.columns === "locales")
      extra = group.scopes.filter((s) => !s.includes(":") && s !== "all" && s !== "macro");
    else if (state.columns)
      extra = group.scopes.filter((scope) => scope.startsWith(`${state.columns}:`));
    const given = state.columns === "given";
    return [
      { title: "Rank", key: "place", kind: "rank" },
      text("Name", "name"),
      text("Team", "team"),
      text("Date", "date"),
      text("Model", "model"),
      ...metrics,
      ...extra.map((scope) => ({
        title: given || !scope.includes(":") ? scope : scope.slice(scope.indexOf(":") + 1),
        scope,
        metric: state.metric,
        kind: "number",
      })),
      { title: "Score", key: "verified", kind: "verified" },
      { title: "Rules", key: "rules", kind: "rules" },
    ];
  }

  function element(name, content, attributes = {}) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (content !== undefined) node.append(content);
    return node;
  }

  // 100.0 and 0.0 are for what is exactly that.
  function percent(steps) {
    const shown = ((100 * steps) / STEPS).toFixed(1);
    if (shown === "100.0" && steps < STEPS) return "99.9";
    return shown === "0.0" && steps > 0 ? "0.1" : shown;
  }

  // How far an interval reaches: as far to either side, or its bounds.
  function spread({ value, low, high }) {
    const [down, up] = [value - low, high - value].map((arm) => ((100 * arm) / STEPS).toFixed(1));
    return down === up ? ` ± ${down}` : ` [${percent(low)}, ${percent(high)}]`;
  }

  function cell(group, item, column) {
    const { row, rank } = item;
    if (column.kind === "rank") {
      const shown = rank ? (rank[1] === rank[2] ? `${rank[1]}` : `${rank[1]}–${rank[2]}`) : "–";
      return element("td", shown, { class: "num" });
    }
    if (column.kind === "number") {
      const found = figure(group, row, column.scope, column.metric);
      const td = element("td", found ? percent(found.value) : "–", {
        class: column.ranked ? "num ranked" : "num",
      });
      if (found && found.low !== null)
        td.append(element("span", spread(found), { class: "spread" }));
      return td;
    }
    if (column.kind === "rules") {
      const td = element("td", row.rules.length ? undefined : "kept");
      for (const [state, reason] of row.rules)
        td.append(element("span", state, { class: `mark ${state}`, title: reason }), " ");
      return td;
    }
    if (column.kind === "verified") {
      const [verified, reason] = row.verified;
      const text = verified ? "verified" : "not verified";
      const name = verified ? "mark verified" : "mark unverified";
      return element("td", element("span", text, { class: name, title: reason }));
    }
    if (column.key === "name") {
      const link = element("a", element("bdi", row.name), { href: `entries/${row.slug}.html` });
      return element("th", link, { scope: "row", title: row.name });
    }
    return element("td", element("bdi", row[column.key] ?? "–"));
  }

  // What a row is sorted by; null comes last, whatever the direction.
  function key(group, item, column) {
    if (column.kind === "rank") return item.rank ? item.rank[0] : null;
    if (column.kind === "rules") return item.row.rules.length;
    if (column.kind === "verified") return item.row.verified[0] ? 0 : 1;
    if (column.kind === "number") {
      const found = figure(group, item.row, column.scope, column.metric);
      return found ? found.value : null;
    }
    return item.row[column.key];
  }

  function sorted(group, items, column, descending) {
    const direction = descending ? -1 : 1;
    const keyed = items.map((item) => [key(group, item, column), item]);
    keyed.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      return direction * (typeof a === "number" ? a - b : collator.compare(a, b));
    });
    return keyed.map(([, item]) => item);
  }

  function matches(group, row, state) {
    const words = state.text.toLowerCase();
    const broken = row.rules.some(([rule]) => rule === "broken");
    return (
      (!words || `${row.name} ${row.team ?? ""}`.toLowerCase().includes(words)) &&
      (!state.task || group.task === state.task) &&
      (!state.phase || group.phase === state.phase) &&
      (!state.family || row.family === state.family) &&
      (!state.verified || row.verified[0] === (state.verified === "yes")) &&
      (!state.rules || (state.rules === "kept" ? !broken : row.rules.length === 0))
    );
  }

  function draw(group, section, state) {
    const ranked = ranks(group, state.on, state.metric);
    const columns = columnsOf(group, state);
    const items = group.rows
      .map((row, index) => ({ row, rank: ranked[index] }))
      .filter((item) => matches(group, item.row, state));
    const chosen = columns.find((column) => column.title === group.sort.title) ?? columns[0];
    const descending = chosen === columns[0] && !group.sort.title ? false : group.sort.descending;

    const head = document.createElement("tr");
    for (const column of columns) {
      const th = element("th", undefined, { scope: "col" });
      if (column.kind === "rank" || column.kind === "number") th.classList.add("num");
      if (column.ranked) th.classList.add("ranked");
      if (column === chosen) th.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const button = element("button", column.title, { type: "button", class: "sort" });
      button.addEventListener("click", () => {
        const again = column === chosen;
        group.sort = {
          title: column.title,
          descending: again ? !descending : column.kind === "number",
        };
        draw(group, section, state);
        remember(false);
        const place = columns.indexOf(column);
        section.querySelectorAll(".board thead button")[place]?.focus();
      });
      th.append(button);
      head.append(th);
    }
    const table = section.querySelector("table.board");
    table.tHead.replaceChildren(head);
    const body = document.createDocumentFragment();
    for (const item of sorted(group, items, chosen, descending)) {
      const tr = document.createElement("tr");
      for (const column of columns) tr.append(cell(group, item, column));
      body.append(tr);
    }
    table.tBodies[0].replaceChildren(body);
    section.hidden = items.length === 0;
    return items.length;
  }

  function update() {
    const fields = new FormData(form);
    const state = Object.fromEntries(fields);
    state.metric = Number(state.metric);
    let [shown, all] = [0, 0];
    data.groups.forEach((group, index) => {
      shown += draw(group, sections[index], state);
      all += group.rows.length;
    });
    const ranking = data.metrics[state.metric].title;
    document.getElementById("shown").textContent =
      `${shown} of ${all} entries, ranked by ${ranking} on ${state.on}`;
    for (const caption of document.querySelectorAll("table.board caption")) {
      caption.dataset.given ??= caption.textContent;
      caption.textContent =
        state.metric === initial.metric && state.on === initial.on
          ? caption.dataset.given
          : `Ranked by ${ranking} on ${state.on}. A range of ranks is a tie: the 95 % intervals overlap.`;
    }
  }

  // What is shown stands in the address, as far as it is not what the page shows
  // by itself, and each change is a step of the history.

  const usual = Object.fromEntries(new FormData(form));

  function remember(goesOn) {
    const state = [...new FormData(form)].filter(([key, value]) => value !== usual[key]);
    data.groups.forEach(({ sort }, index) => {
      if (sort.title) state.push([`sort-${index}`, `${sort.descending ? "-" : ""}${sort.title}`]);
    });
    const address = `#${new URLSearchParams(state)}`;
    if (address === (location.hash || "#")) return;
    if (goesOn) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
  }

  function follow() {
    const asked = new URLSearchParams(location.hash.slice(1));
    for (const field of form.elements) {
      if (!field.name) continue;
      field.value = asked.get(field.name) ?? usual[field.name];
      // A value that no option has any more.
      if (field.selectedIndex === -1) field.value = usual[field.name];
    }
    data.groups.forEach((group, index) => {
      const sort = asked.get(`sort-${index}`) ?? "";
      group.sort = { title: sort.replace(/^-/, ""), descending: sort.startsWith("-") };
    });
    update();
    if (asked.has("section")) document.getElementById(asked.get("section"))?.scrollIntoView();
  }

  // A section is gone to without leaving the filter, which the address keeps.
  function goTo(event) {
    const section = document.getElementById(event.target.hash?.slice(1) ?? "");
    if (!section || !location.hash.includes("=")) return;
    event.preventDefault();
    const state = new URLSearchParams(location.hash.slice(1));
    state.set("section", section.id);
    history.pushState(null, "", `#${state}`);
    section.scrollIntoView();
  }

  for (const group of data.groups) {
    group.at = new Map(group.scopes.map((scope, index) => [scope, index]));
    group.sort = { title: "", descending: false };
  }
  let typing = false; // the last step was a letter
  form.addEventListener("input", ({ target }) => {
    remember(target.name === "text" && typing);
    typing = target.name === "text";
    update();
  });
  form.addEventListener("focusout", () => (typing = false));
  form.addEventListener("reset", () => {
    for (const group of data.groups) group.sort = { title: "", descending: false };
    setTimeout(() => {
      remember(false);
      update();
    }, 0);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.querySelector(".page-nav")?.addEventListener("click", goTo);
  addEventListener("hashchange", follow);
  form.hidden = false;
  follow();
})();

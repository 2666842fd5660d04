// Bringing the page to life

function options(name, entries) {
  const select = form.elements[name];
  for (const [value, text] of entries) select?.append(element("option", { value }, text));
}

function offer() {
  const { rows, names } = book;
  options("locale", book.locales.map(({ tag, language }) => [tag, `${tag} ${language}`]));
  const slots = new Set(rows.gold.flatMap((flat) => flat.filter((_, i) => i % 3 === 2)));
  const predicted = new Set();
  for (const { slots: column, intent, state } of rows.systems) {
    for (const flat of column) flat?.forEach((value, i) => i % 5 === 4 && value >= 0 && slots.add(value));
    intent.forEach((value, row) => state[row] && predicted.add(value));
  }
  const sorted = (numbers) => [...numbers].filter((n) => n >= 0).map((n) => names[n]).sort();
  const same = (list) => list.map((text) => [text, text]);
  options("slot", same(sorted(slots)));
  options("class", [...book.classes.slice(1).map(({ name, title }) => [name, title]), ["intent", "intent"]]);
  options("intent", same(sorted(new Set(rows.intent))));
  options("predicted", [...same(sorted(predicted)), ...(predicted.has(-1) ? [["nothing", "nothing"]] : [])]);
  book.systems.forEach(({ name }, i) => {
    options("system", [[`wrong-${i}`, `${name} is wrong`], [`only-${i}`, `only ${name} is wrong`]]);
  });
}

function listen() {
  let typing = false; // the last step was a letter
  const changed = (goesOn) => {
    extra = {};
    const filter = filterOfForm();
    remember(filter, goesOn);
    apply(filter);
  };
  let timer;
  form.addEventListener("input", ({ target }) => {
    const goesOn = target.name === "q" && typing;
    typing = target.name === "q";
    clearTimeout(timer);
    timer = setTimeout(() => changed(goesOn), 0);
  });
  form.addEventListener("focusout", () => (typing = false));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => changed(false)));
  more.addEventListener("click", () => showMore()?.focus());
  document.getElementById("copy").addEventListener("click", copy);
  document.getElementById("save").addEventListener("click", save);
  document.querySelector(".page-nav")?.addEventListener("click", goTo);
  addEventListener("hashchange", () => follow(false));
  addEventListener("beforeprint", printAll);
  document.querySelectorAll(".matrix").forEach(enliven);
}

// A matrix is one stop of the keyboard: arrows go from cell to cell.
function enliven(matrix) {
  const { rows, columns } = matrix.dataset;
  const plot = matrix.querySelector("svg");
  const lines = [...plot.querySelectorAll("[data-row]")];
  const places = lines.map((line) => new Map([...line.children].map((cell) => [cell.dataset.column, cell])));
  const names = [...new Set(places.flatMap((line) => [...line.keys()]))].sort(
    (a, b) => left(a) - left(b),
  );
  function left(name) {
    const cell = places.find((line) => line.has(name))?.get(name);
    return Number(cell?.querySelector("rect").getAttribute("x"));
  }
  const open = (cell) => {
    const [row, column] = [cell?.closest("[data-row]").dataset.row, cell?.dataset.column];
    if (!cell || (rows === "intent" && row === column)) return;
    location.hash = new URLSearchParams({ [rows]: row, [columns]: column });
  };
  matrix.classList.add("live");
  matrix.firstElementChild.removeAttribute("tabindex");
  plot.setAttribute("role", "group");
  for (const cell of plot.querySelectorAll("[data-column]")) {
    cell.setAttribute("role", "link");
    // What is spoken holds what is shown.
    const [shown, words] = ["text", "title"].map((name) => cell.querySelector(name).textContent);
    cell.setAttribute("aria-label", [shown, words].filter(Boolean).join(": "));
    cell.setAttribute("tabindex", "-1");
  }
  plot.querySelector("[data-column]")?.setAttribute("tabindex", "0");
  matrix.addEventListener("click", ({ target }) => open(target.closest("[data-column]")));
  matrix.addEventListener("keydown", (event) => {
    const cell = event.target.closest("[data-column]");
    if (!cell) return;
    if (event.key === "Enter") return open(cell);
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    let row = lines.indexOf(cell.parentElement);
    let column = names.indexOf(cell.dataset.column);
    // Cells that are not there are passed over.
    for (;;) {
      row += step[0];
      column += step[1];
      if (!(row in places) || !(column in names)) return;
      const next = places[row].get(names[column]);
      if (!next) continue;
      cell.setAttribute("tabindex", "-1");
      next.setAttribute("tabindex", "0");
      next.focus();
      return;
    }
  });
}

read().then(
  () => {
    offer();
    listen();
    problem.hidden = true;
    form.hidden = false;
    follow(true);
  },
  (error) => {
    problem.textContent = `The utterances cannot be shown in this browser: ${error.message}`;
  },
);

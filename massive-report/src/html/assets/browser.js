// The error browser: filters the utterances of the book and shows them a page
// at a time. All texts become text nodes, so none of them can be markup.
"use strict";
(() => {
  const PAGE = 25;
  const form = document.getElementById("filters");
  const count = document.getElementById("result-count");
  const list = document.getElementById("results");
  const more = document.getElementById("more");
  const problem = document.getElementById("browser-problem");
  const number = new Intl.NumberFormat("en");

  let book;
  let texts; // of each row, as they are searched
  let found = [];
  let shown = 0;

  // Reading the book

  async function read() {
    const packed = atob(document.getElementById("book").textContent);
    const bytes = Uint8Array.from(packed, (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    book = JSON.parse(await new Response(stream).text());
    const { rows } = book;
    texts = rows.utt.map((utt, row) => fold(`${utt}\n${book.english[rows.id[row]] ?? ""}`));
  }

  const fold = (text) => text.normalize("NFKC").toLowerCase();

  // The slots of a row as a system has them; a system that has them as they are
  // in the gold lists none.
  function slotsOf(system, row) {
    const gold = goldOf(row);
    const flat = book.rows.systems[system].slots[row];
    if (!flat) return gold.map((span) => ({ class: 0, gold: span, predicted: span }));
    const slots = [];
    for (let i = 0; i < flat.length; i += 5) {
      const [kind, at, start, end, label] = flat.slice(i, i + 5);
      const predicted = start < 0 ? null : { start, end, label };
      slots.push({ class: kind, gold: at < 0 ? null : gold[at], predicted });
    }
    return slots;
  }

  function goldOf(row) {
    const flat = book.rows.gold[row];
    const spans = [];
    for (let i = 0; i < flat.length; i += 3) {
      spans.push({ start: flat[i], end: flat[i + 1], label: flat[i + 2] });
    }
    return spans;
  }

  const wrongIntent = (system, row) =>
    book.systems[system].intents &&
    book.rows.systems[system].intent[row] !== book.rows.intent[row];

  const isWrong = (system, row) => book.rows.systems[system].state[row] > 0;

  // Filtering

  function passes(filter) {
    const { rows } = book;
    const name = (key) => (filter[key] ? book.names.indexOf(filter[key]) : null);
    const locale = filter.locale ? book.locales.findIndex((l) => l.tag === filter.locale) : null;
    const [slot, intent, otherSlot] = [name("slot"), name("intent"), name("predicted-slot")];
    const predicted = filter.predicted === "nothing" ? -1 : name("predicted");
    const kind = filter.class ? book.classes.findIndex((c) => c.name === filter.class) : null;
    const words = fold(filter.q ?? "").trim();
    const all = [...book.systems.keys()];
    const [, how, which] = /^(wrong|only)-(\d+)$/.exec(filter.system ?? "") ?? [];
    const asked = which === undefined ? all : all.filter((system) => system === Number(which));

    const hasSlot = (system, row) => {
      const flat = rows.systems[system].slots[row];
      if (!flat) return false;
      const gold = rows.gold[row];
      for (let i = 0; i < flat.length; i += 5) {
        if (kind === null ? flat[i] === 0 : flat[i] !== kind) continue;
        const label = flat[i + 1] < 0 ? -1 : gold[3 * flat[i + 1] + 2];
        if (slot !== null && slot !== label && (slot !== flat[i + 4] || otherSlot !== null)) continue;
        if (otherSlot !== null && otherSlot !== flat[i + 4]) continue;
        return true;
      }
      return false;
    };
    const ofSystem = (system, row) => {
      if (!isWrong(system, row)) return false;
      if (predicted !== null && rows.systems[system].intent[row] !== predicted) return false;
      if (filter.class === "intent") {
        if (!wrongIntent(system, row)) return false;
        return slot === null || rows.gold[row].some((value, i) => i % 3 === 2 && value === slot);
      }
      return (slot === null && kind === null) || hasSlot(system, row);
    };
    return (row) => {
      if (locale !== null && rows.locale[row] !== locale) return false;
      if (intent !== null && rows.intent[row] !== intent) return false;
      if (how === "only" && all.some((s) => isWrong(s, row) !== (s === Number(which)))) return false;
      if (!asked.some((system) => ofSystem(system, row))) return false;
      return !words || texts[row].includes(words) || String(book.ids[rows.id[row]]) === words;
    };
  }

  // Showing

  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  // The text with its spans marked; each is { start, end, label, class }.
  function marked(utt, spans) {
    const nodes = [];
    let at = 0;
    for (const span of [...spans].sort((a, b) => a.start - b.start)) {
      const { name, title, sign } = book.classes[span.class];
      const tag = element("bdi", { class: "tag", lang: "en", dir: "ltr" });
      tag.append(`${sign} ${book.names[span.label]}`);
      if (span.class > 0) tag.append(element("span", { class: "visually-hidden" }, ` (${title})`));
      nodes.push(utt.slice(at, span.start));
      const text = utt.slice(span.start, span.end);
      nodes.push(element("mark", { class: `slot ${name}`, title }, text, tag));
      at = Math.max(at, span.end);
    }
    nodes.push(utt.slice(at));
    return nodes;
  }

  function card(row) {
    const { rows } = book;
    const { tag, language, dir } = book.locales[rows.locale[row]];
    const id = book.ids[rows.id[row]];
    const english = book.english[rows.id[row]];
    const utt = rows.utt[row];
    const several = book.systems.length > 1;
    const lines = element("dl", { class: "lines" });
    const line = (title, ...content) => {
      const text = element("dd", { lang: tag, dir }, ...content);
      lines.append(element("dt", {}, element("bdi", {}, title)), text);
      return text;
    };
    const plain = (text, className) => element("span", { class: className, lang: "en", dir: "ltr" }, text);

    const wrong = [...book.systems.keys()].filter((system) => isWrong(system, row));
    const slots = wrong.map((system) => slotsOf(system, row));
    // The gold has the classes of the one system that is wrong, if it is one.
    const gold =
      slots.length === 1
        ? slots[0].filter((slot) => slot.gold).map((slot) => ({ ...slot.gold, class: slot.class }))
        : goldOf(row).map((span) => ({ ...span, class: 0 }));
    line("gold", ...marked(utt, gold));
    for (const [system, { name, slots: has }] of book.systems.entries()) {
      const title = several ? name : "predicted";
      if (rows.systems[system].state[row] === 2) line(title, plain("no prediction", "muted"));
      else if (!has) continue;
      else if (!rows.systems[system].slots[row]) line(title, plain("slots as in the gold", "muted"));
      else {
        const spans = slotsOf(system, row).filter((slot) => slot.predicted);
        line(title, ...marked(utt, spans.map((slot) => ({ ...slot.predicted, class: slot.class }))));
      }
    }
    if (english && tag !== "en-US") {
      const text = line("English", english);
      text.lang = "en-US";
      text.dir = "ltr";
      text.className = "english";
    }

    const link = element("a", { href: `#${tag}-${id}` }, `${tag} ${id}`);
    const about = element("p", { class: "about" }, element("h3", {}, link), element("span", {}, language));
    about.append(element("code", {}, book.names[rows.intent[row]]));
    for (const system of wrong.filter((system) => wrongIntent(system, row))) {
      const intent = rows.systems[system].intent[row];
      const text = element("span", { class: "wrong-intent" }, "× predicted ");
      text.append(intent < 0 ? "no intent" : element("code", {}, book.names[intent]));
      if (several) text.append(" by ", element("bdi", {}, book.systems[system].name));
      about.append(text);
    }
    return element("li", { class: "utterance", id: `${tag}-${id}`, tabindex: "-1" }, about, lines);
  }

  function showMore() {
    const next = found.slice(shown, shown + PAGE).map(card);
    list.append(...next);
    shown += next.length;
    more.hidden = shown >= found.length;
    more.textContent = `Show ${number.format(Math.min(PAGE, found.length - shown))} more`;
    return next[0];
  }

  function show(rows, words) {
    found = rows;
    shown = 0;
    list.replaceChildren();
    showMore();
    count.textContent = words;
  }

  // The filter stands in the address, so that it can be passed on.

  const KEYS = ["locale", "slot", "class", "intent", "predicted", "predicted-slot", "system", "q"];
  let extra = {}; // what has no field of its own

  function filterOfForm() {
    const filter = { ...extra };
    for (const [key, value] of new FormData(form)) if (value) filter[key] = value;
    return filter;
  }

  function apply(filter) {
    const rows = [...book.rows.utt.keys()].filter(passes(filter));
    const one = rows.length === 1;
    const words = rows.length
      ? `${number.format(rows.length)} ${one ? "utterance" : "utterances"}`
      : "No utterance has such an error. Choose less, or show all.";
    const other = filter["predicted-slot"];
    show(rows, other ? `${words}, with ${filter.slot} taken for ${other}` : words);
  }

  function fill(filter) {
    for (const field of form.elements) if (field.name) field.value = filter[field.name] ?? "";
    extra = filter["predicted-slot"] ? { "predicted-slot": filter["predicted-slot"] } : {};
  }

  function remember(filter) {
    const address = new URLSearchParams(filter).toString();
    history.replaceState(null, "", `#${address || "errors"}`);
  }

  function showOne(tag, id) {
    const { rows } = book;
    const row = rows.utt.findIndex(
      (_, row) => book.locales[rows.locale[row]].tag === tag && book.ids[rows.id[row]] === id,
    );
    fill({});
    if (row < 0) {
      show([], `${tag} ${id} is not among the utterances with errors.`);
      count.scrollIntoView();
      return;
    }
    show([row], `${tag} ${id} alone. Show all leads back to the others.`);
    const found = list.firstElementChild;
    found.scrollIntoView({ block: "center" });
    found.focus({ preventScroll: true });
  }

  // What the address asks for: one utterance, some, or a section of the page.
  function follow(first) {
    const hash = decodeURIComponent(location.hash.slice(1));
    const one = /^([a-z]{2,3}-[A-Z]{2})-(\d+)$/.exec(hash);
    if (one) return showOne(one[1], Number(one[2]));
    const asked = [...new URLSearchParams(location.hash.slice(1))];
    const filter = Object.fromEntries(asked.filter(([key, value]) => KEYS.includes(key) && value));
    if (Object.keys(filter).length) {
      fill(filter);
      apply({ ...extra, ...filter });
      document.getElementById("errors").scrollIntoView();
    } else if (first) {
      apply({});
    }
  }

  // Bringing the page to life

  function options(name, entries) {
    const select = form.elements[name];
    for (const [value, text] of entries) select?.append(element("option", { value }, text));
  }

  function tally(numbers) {
    const counts = new Map();
    for (const value of numbers) counts.set(value, (counts.get(value) ?? 0) + 1);
    return counts;
  }

  function offer() {
    const { rows, names } = book;
    const perLocale = tally(rows.locale);
    options("locale", book.locales.map(({ tag, language }, i) =>
      [tag, `${tag} ${language} (${number.format(perLocale.get(i) ?? 0)})`]));
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
    const changed = () => {
      extra = {};
      const filter = filterOfForm();
      remember(filter);
      apply(filter);
    };
    let timer;
    form.addEventListener("input", ({ target }) => {
      clearTimeout(timer);
      timer = setTimeout(changed, target.name === "q" ? 120 : 0);
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(changed));
    more.addEventListener("click", () => showMore()?.focus());
    addEventListener("hashchange", () => follow(false));
    for (const matrix of document.querySelectorAll(".matrix")) {
      matrix.classList.add("live");
      matrix.addEventListener("click", ({ target }) => {
        const square = target.closest("[data-column]");
        const { rows, columns } = matrix.dataset;
        const [row, column] = [square?.closest("[data-row]").dataset.row, square?.dataset.column];
        if (!square || (rows === "intent" && row === column)) return;
        location.hash = new URLSearchParams({ [rows]: row, [columns]: column });
      });
    }
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
})();

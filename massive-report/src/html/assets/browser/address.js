// The filter stands in the address, so that it can be passed on, and each
// change of it is a step of the history.

const KEYS = [
  "locale", "slot", "class", "intent", "predicted", "predicted-slot", "system", "rows", "q",
  "regex", "marks",
];
const TITLES = {
  locale: "locale", slot: "slot", class: "kind of error", intent: "intent",
  predicted: "predicted intent", "predicted-slot": "taken for", system: "system", rows: "rows",
  q: "words",
};
let extra = {}; // what has no field of its own
let current = {}; // what is shown
let alone = false; // one utterance, by its address

function filterOfForm() {
  const filter = { ...extra };
  for (const [key, value] of new FormData(form)) if (value) filter[key] = value;
  return filter;
}

function apply(filter) {
  let rows;
  try {
    rows = [...book.rows.utt.keys()].filter(passes(filter));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    count.textContent = `This is no regular expression: ${error.message}`;
    return;
  }
  current = filter;
  alone = false;
  shownMarks = Boolean(filter.marks);
  const one = rows.length === 1;
  const words = rows.length
    ? `${number.format(rows.length)} ${one ? "utterance" : "utterances"}`
    : "No utterance has such an error. Choose less, or show all.";
  const other = filter["predicted-slot"];
  const parts = Object.entries(filter).filter(([key]) => TITLES[key]);
  described = parts.length
    ? `Utterances with ${parts.map(([key, value]) => `${TITLES[key]} ${value}`).join(", ")}`
    : "All utterances with errors";
  actions.hidden = !rows.length;
  copied.textContent = "";
  show(rows, other ? `${words}, with ${filter.slot} taken for ${other}` : words);
  countFacets(filter);
}

function fill(filter) {
  for (const field of form.elements) {
    if (field.type === "checkbox") field.checked = Boolean(filter[field.name]);
    else if (field.name) {
      const value = filter[field.name] ?? "";
      field.value = value;
      // What no utterance has is no choice, and yet what was asked for.
      if (field.value !== value && field.tagName === "SELECT") {
        field.append(element("option", { value }, value));
        field.value = value;
      }
    }
  }
  extra = filter["predicted-slot"] ? { "predicted-slot": filter["predicted-slot"] } : {};
}

// Writing a word is one step, however many letters it has.
function remember(filter, goesOn) {
  const address = `#${new URLSearchParams(filter).toString() || "errors"}`;
  if (address === location.hash) return;
  if (goesOn) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
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
  described = `${tag} ${id}`;
  alone = true;
  show([row], `${tag} ${id} alone. Show all leads back to the others.`);
  const found = list.firstElementChild;
  found.scrollIntoView({ block: "center" });
  found.focus({ preventScroll: true });
}

// What the address asks for: one utterance, some, or a section of the page.
function follow(first) {
  const hash = decodeURIComponent(location.hash.slice(1));
  const tags = book.locales.map(({ tag }) => tag).filter((tag) => hash.startsWith(`${tag}-`));
  const tag = tags.sort((a, b) => b.length - a.length)[0];
  if (tag) return showOne(tag, hash.slice(tag.length + 1));
  const asked = new URLSearchParams(location.hash.slice(1));
  const filter = Object.fromEntries([...asked].filter(([key, value]) => KEYS.includes(key) && value));
  const filtered = Object.keys(filter).length > 0;
  if (!first && !filtered && !alone && !Object.keys(current).length) return;
  fill(filter);
  apply(filter);
  const section = document.getElementById(asked.get("section") ?? "");
  if (section) section.scrollIntoView();
  else if (filtered) document.getElementById("errors").scrollIntoView();
}

// A section is gone to without leaving the filter, which the address keeps.
function goTo(event) {
  const section = document.getElementById(event.target.hash?.slice(1) ?? "");
  if (!section || !Object.keys(current).length) return;
  event.preventDefault();
  const address = new URLSearchParams({ ...current, section: section.id });
  history.pushState(null, "", `#${address}`);
  section.scrollIntoView();
}

// Showing

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// The text as nodes, with marks for what cannot be seen if they are asked for.
function visible(text) {
  if (!shownMarks) return [text];
  const nodes = [];
  let at = 0;
  for (const { 0: character, index } of text.matchAll(INVISIBLE)) {
    const code = character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    const mark = element("span", { class: "invisible", title: `U+${code}`, dir: "ltr" }, `U+${code}`);
    nodes.push(text.slice(at, index), mark);
    at = index + character.length;
  }
  nodes.push(text.slice(at));
  return nodes;
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
    nodes.push(...visible(utt.slice(at, span.start)));
    const text = utt.slice(span.start, span.end);
    nodes.push(element("mark", { class: `slot ${name}`, title }, ...visible(text), tag));
    at = Math.max(at, span.end);
  }
  nodes.push(...visible(utt.slice(at)));
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

  const link = element("a", { href: `#${tag}-${encodeURIComponent(id)}` }, `${tag} ${id}`);
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
  printNote.textContent =
    `${described}: ${number.format(shown)} of ${number.format(found.length)} utterances are printed.`;
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

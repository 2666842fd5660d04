// Filtering

// A pattern in the syntax of `massive corpus grep`, as far as browsers know it:
// a leading (?i) and scripts such as \p{Thai} are rewritten.
function pattern(text) {
  let flags = "u";
  const body = text.replace(/^\(\?([imsx]+)\)/, (_, given) => {
    flags += given.replace("x", "");
    return "";
  });
  const scripts = body.replace(/(\\p|\\P)\{([A-Z][a-z]{3,}(?:_[A-Za-z]+)*)\}/g, (whole, p, name) => {
    try {
      new RegExp(whole, "u");
      return whole;
    } catch {
      return `${p}{Script=${name}}`;
    }
  });
  return new RegExp(scripts, flags);
}

// A test of a row's text for what is searched.
function searched(filter) {
  const { rows } = book;
  if (filter.q && filter.regex) {
    const wanted = pattern(filter.q);
    return (row) => wanted.test(rows.utt[row]) || wanted.test(book.english[rows.id[row]] ?? "");
  }
  const words = fold(filter.q ?? "").trim();
  return (row) =>
    !words || texts[row].includes(words) || String(book.ids[rows.id[row]]) === words;
}

function passes(filter) {
  const { rows } = book;
  const name = (key) => (filter[key] ? book.names.indexOf(filter[key]) : null);
  const locale = filter.locale ? book.locales.findIndex((l) => l.tag === filter.locale) : null;
  const [slot, intent, otherSlot] = [name("slot"), name("intent"), name("predicted-slot")];
  const predicted = filter.predicted === "nothing" ? -1 : name("predicted");
  const kind = filter.class ? book.classes.findIndex((c) => c.name === filter.class) : null;
  const inText = searched(filter);
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
    const right = !all.some((system) => isWrong(system, row));
    if (right || filter.rows === "right") {
      if (!right || (filter.rows !== "right" && filter.rows !== "all")) return false;
      // A right row has no error that a filter of errors could ask for.
      if (kind !== null || how !== undefined || otherSlot !== null) return false;
      if (predicted !== null && rows.intent[row] !== predicted) return false;
      if (slot !== null && !rows.gold[row].some((value, i) => i % 3 === 2 && value === slot)) return false;
      return inText(row);
    }
    if (how === "only" && all.some((s) => isWrong(s, row) !== (s === Number(which)))) return false;
    if (!asked.some((system) => ofSystem(system, row))) return false;
    return inText(row);
  };
}

// Facets: how many utterances each choice would leave.

// The values of a facet that a row has, so that choosing one would keep it: it
// is asked only of rows that pass all other filters.
function valuesOf(key, filter) {
  const { rows } = book;
  const label = (row, i) => (i < 0 ? -1 : rows.gold[row][3 * i + 2]);
  const asked = /^(?:wrong|only)-(\d+)$/.exec(filter.system ?? "");
  const systems = asked ? [Number(asked[1])] : [...book.systems.keys()];
  const kind = filter.class ? book.classes.findIndex((c) => c.name === filter.class) : null;
  const slot = filter.slot ? book.names.indexOf(filter.slot) : null;
  const predicted = !filter.predicted
    ? null
    : filter.predicted === "nothing" ? -1 : book.names.indexOf(filter.predicted);
  const gold = (row) => rows.gold[row].filter((_, i) => i % 3 === 2);
  const wrongOnes = (row) =>
    systems.filter(
      (system) =>
        isWrong(system, row) &&
        (predicted === null || key === "predicted" || rows.systems[system].intent[row] === predicted),
    );
  const entries = (system, row) => {
    const flat = rows.systems[system].slots[row] ?? [];
    const found = [];
    for (let i = 0; i < flat.length; i += 5) {
      if (flat[i] > 0 || (key === "slot" && kind !== null)) found.push([flat[i], label(row, flat[i + 1]), flat[i + 4]]);
    }
    return found;
  };
  // What a system has wrong in a row, by the kind and slot that are chosen.
  const ofClassAndSlot = (system, row) => {
    if (kind === null && slot === null) return true;
    if (filter.class === "intent") {
      return wrongIntent(system, row) && (slot === null || gold(row).includes(slot));
    }
    return entries(system, row).some(
      ([found, ours, theirs]) =>
        (kind === null ? found > 0 : found === kind) &&
        (slot === null || slot === ours || slot === theirs),
    );
  };
  if (key === "locale") return (row) => [book.locales[rows.locale[row]].tag];
  if (key === "intent") return (row) => [book.names[rows.intent[row]]];
  const isRight = (row) => ![...book.systems.keys()].some((system) => isWrong(system, row));
  if (key === "predicted") {
    return (row) => {
      if (isRight(row)) return [book.names[rows.intent[row]]];
      const able = wrongOnes(row).filter((system) => ofClassAndSlot(system, row));
      return able.map((system) => {
        const intent = rows.systems[system].intent[row];
        return intent < 0 ? "nothing" : book.names[intent];
      });
    };
  }
  if (key === "slot") {
    return (row) => {
      if (isRight(row)) return gold(row).map((n) => book.names[n]);
      const names = [];
      for (const system of wrongOnes(row)) {
        if (filter.class === "intent") {
          if (wrongIntent(system, row)) names.push(...gold(row));
          continue;
        }
        for (const [found, ours, theirs] of entries(system, row)) {
          if (kind === null || found === kind) names.push(ours, theirs);
        }
      }
      return names.filter((n) => n >= 0).map((n) => book.names[n]);
    };
  }
  return (row) => {
    const names = [];
    for (const system of wrongOnes(row)) {
      if (wrongIntent(system, row) && (slot === null || gold(row).includes(slot))) names.push("intent");
      for (const [found, ours, theirs] of entries(system, row)) {
        if (found > 0 && (slot === null || slot === ours || slot === theirs)) names.push(book.classes[found].name);
      }
    }
    return names;
  };
}

// How many utterances each value of a facet would leave.
function facet(key, filter) {
  const others = { ...filter };
  delete others[key];
  if (key === "slot") delete others["predicted-slot"];
  const keeps = passes(others);
  const values = valuesOf(key, others);
  const counts = new Map();
  for (const row of book.rows.utt.keys()) {
    if (!keeps(row)) continue;
    for (const value of new Set(values(row))) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

function countFacets(filter) {
  for (const key of ["locale", "slot", "class", "intent", "predicted"]) {
    const counts = facet(key, filter);
    for (const option of form.elements[key].options) {
      if (!option.value) continue;
      option.dataset.name ??= option.textContent;
      option.textContent = `${option.dataset.name} (${number.format(counts.get(option.value) ?? 0)})`;
    }
  }
}

// Printing the list and taking it away.

// A list of up to this many utterances is printed whole.
const PRINTED = 1000;

function printAll() {
  while (shown < Math.min(found.length, PRINTED)) showMore();
}

// Taking the list away

function annotated(utt, spans) {
  let text = "";
  let at = 0;
  for (const { start, end, label } of [...spans].sort((a, b) => a.start - b.start)) {
    text += `${utt.slice(at, start)}[${book.names[label]} : ${utt.slice(start, end)}]`;
    at = Math.max(at, end);
  }
  return text + utt.slice(at);
}

// A header and a row an utterance found.
function tableOf() {
  const { rows } = book;
  const header = ["locale", "id", "intent", "utt", "english", "annot_utt"];
  for (const { name } of book.systems) {
    const of = book.systems.length > 1 ? ` of ${name}` : "";
    header.push(`pred_intent${of}`, `pred_annot_utt${of}`);
  }
  const lines = found.map((row) => {
    const utt = rows.utt[row];
    const line = [
      book.locales[rows.locale[row]].tag,
      String(book.ids[rows.id[row]]),
      book.names[rows.intent[row]],
      utt,
      book.english[rows.id[row]] ?? "",
      annotated(utt, goldOf(row)),
    ];
    for (const [system, { slots }] of book.systems.entries()) {
      const intent = rows.systems[system].intent[row];
      const spans = slotsOf(system, row).map((slot) => slot.predicted).filter(Boolean);
      const missing = rows.systems[system].state[row] === 2 || !slots;
      line.push(intent < 0 ? "" : book.names[intent], missing ? "" : annotated(utt, spans));
    }
    return line;
  });
  return [header, ...lines];
}

// A spreadsheet takes a text that starts so for a formula.
const harmless = (text) => (/^[=+\-@\t\r＝＋－＠]/u.test(text) ? `'${text}` : text);
const quoted = (text) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function save() {
  const csv = tableOf().map((line) => line.map((text) => quoted(harmless(text))).join(",") + "\n");
  const address = URL.createObjectURL(new Blob(csv, { type: "text/csv;charset=utf-8" }));
  const link = element("a", { href: address, download: "utterances.csv" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
  copied.textContent = `${number.format(found.length)} utterances saved.`;
}

async function copy() {
  const text = tableOf()
    .map((line) => line.map((field) => harmless(field.replace(/[\t\n\r]/g, " "))).join("\t"))
    .join("\n");
  try {
    await navigator.clipboard.writeText(text);
    copied.textContent = `${number.format(found.length)} utterances copied.`;
  } catch {
    copied.textContent = "This browser does not let a page copy; save the list as CSV.";
  }
}

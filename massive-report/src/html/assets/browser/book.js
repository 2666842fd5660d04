// The error browser: reads the utterances of the book and shows them a page at
// a time. Its parts stand in one function, in the order in which `report.rs`
// names them. All texts become text nodes, so none of them can be markup.

const PAGE = 25;
const form = document.getElementById("filters");
const count = document.getElementById("result-count");
const list = document.getElementById("results");
const more = document.getElementById("more");
const printNote = document.getElementById("print-note");
const actions = document.getElementById("list-actions");
const copied = document.getElementById("copied");
const problem = document.getElementById("browser-problem");
const number = new Intl.NumberFormat("en");

let book;
let texts; // of each row, as they are searched
let found = [];
let shown = 0;
let shownMarks = false;
let described = "All utterances with errors"; // what the list is, for a print

// Reading the book

async function read() {
  const packed = atob(document.getElementById("book").textContent);
  const bytes = Uint8Array.from(packed, (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  book = JSON.parse(await new Response(stream).text());
  const { rows } = book;
  texts = rows.utt.map((utt, row) => fold(`${utt}\n${book.english[rows.id[row]] ?? ""}`));
}

// Characters without a shape: U+200B to U+200F and their like.
const INVISIBLE = /[\u200B-\u200F\u202A-\u202E\u2060\u2066-\u2069\uFEFF]/gu;

// Case, width and invisible characters do not matter in a search.
const fold = (text) => text.normalize("NFKC").replace(INVISIBLE, "").toLowerCase();

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

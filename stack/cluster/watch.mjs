// The page that a starting cluster shows: a line for each server, step and process, with what it waits for. On a terminal it
// is redrawn in place, elsewhere each change is a line. Ends with 0 when all are ready, with 1 when one failed or time is up.
// usage: node watch.mjs ROWS SECONDS
//   ROWS is a file of lines `NAME<tab>state<tab>FILE` (the file's text: `ready…`, `failed…`, or what is being done) and
//   `NAME<tab>process<tab>URL<tab>PID_FILE` (asked at URL/readyz once the pid file is there).
import fs from "node:fs";

const PAUSE_MS = 200;
const PATIENCE_MS = 1500;

const read = (file) => { try { return fs.readFileSync(file, "utf8").trim(); } catch { return ""; } };
const lives = (pid) => fs.existsSync(`/proc/${pid}`) && !/^State:\s*Z/m.test(read(`/proc/${pid}/status`));

const ready = (text = "ready") => ({ done: true, text });
const failed = (text) => ({ failed: true, text });
const waits = (text) => ({ text });

function ofStateFile(file) {
  const text = read(file);
  if (text.startsWith("ready")) return ready(text);
  if (text.startsWith("failed")) return failed(text);
  return waits(text || "waits for its turn");
}

// What a process says of itself: each part of it that is not well, with why.
async function ofProcess(url, pidFile) {
  const pid = read(pidFile).split(" ")[0];
  if (!pid) return waits("waits for its turn");
  if (!lives(pid)) return failed("failed: it ended");
  try {
    const reply = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const report = await reply.json();
    if (report.ready) return ready();
    return waits(`waits for ${unwell(report).join(", ") || "itself"}`);
  } catch {
    return waits("starting");
  }
}

function unwell(report) {
  const parts = Object.entries(report.parts ?? {}).filter(([, state]) => state !== "ok");
  const services = Object.entries(report.services ?? {}).filter(([, service]) => !service.ready);
  const inside = services.flatMap(([name, service]) => {
    const found = unwell(service);
    return found.length > 0 && Object.keys(report.services).length === 1 ? found : [name];
  });
  return parts.map(([part, state]) => (state === "starting" ? part : `${part} (${state})`)).concat(inside);
}

const look = ({ kind, where }) => (kind === "state" ? ofStateFile(where[0]) : ofProcess(...where));

function parse(file) {
  return read(file).split("\n").filter(Boolean).map((line) => {
    const [name, kind, ...where] = line.split("\t");
    return { name, kind, where, began: null, took: null, seen: waits("") };
  });
}

// Time counts from when a row first did something.
async function update(row) {
  if (row.seen.done) return;
  row.seen = await look(row);
  const now = Date.now();
  if (row.began === null && row.seen.text !== "waits for its turn") row.began = now;
  row.took = row.began === null ? "" : `${((now - row.began) / 1000).toFixed(1)} s`;
}

const mark = ({ seen }) => (seen.done ? "✓" : seen.failed ? "✗" : "·");

function line(row, width) {
  const text = `  ${mark(row)} ${row.name.padEnd(16)} ${(row.took ?? "").padStart(7)}  ${row.seen.text}`;
  return text.length < width ? text : `${text.slice(0, width - 2)}…`;
}

function onTerminal(rows) {
  const width = process.stdout.columns || 100;
  const page = rows.map((row) => `\x1b[2K${line(row, width)}\n`).join("");
  process.stdout.write((onTerminal.drawn ? `\x1b[${rows.length}A` : "") + page);
  onTerminal.drawn = true;
}

function asLines(rows) {
  for (const row of rows.filter((row) => row.seen.text !== row.told)) {
    row.told = row.seen.text;
    if (row.seen.text !== "waits for its turn") console.log(line(row, 400));
  }
}

async function main(file, seconds) {
  const rows = parse(file);
  const draw = process.stdout.isTTY && process.env.TERM !== "dumb" ? onTerminal : asLines;
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    await Promise.all(rows.map(update));
    draw(rows);
    if (rows.every((row) => row.seen.done)) return 0;
    if (rows.some((row) => row.seen.failed)) return 1;
    if (Date.now() > deadline) {
      console.error(`error: not everything was ready within ${seconds} s`);
      return 1;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

process.exitCode = await main(process.argv[2], Number(process.argv[3] ?? 180));

// Judges every case of a folder with the WebAssembly judge in a headless Chromium: the same findings as in node.
//
//   node ci/wasm_browser.mjs MODULE FOLDER CHROMIUM
//
// One page holds module and cases; nothing is fetched. The page writes its result into its title.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [modulePath, folder, chromium] = process.argv.slice(2);
const read = (name) => readFileSync(join(folder, name), "utf8");
const names = readdirSync(folder);
const files = Object.fromEntries(names.map((name) => [name, read(name)]));

async function inPage() {
  const data = JSON.parse(document.getElementById("data").textContent);
  const bytes = Uint8Array.from(atob(data.module), (c) => c.charCodeAt(0));
  const wasm = (await WebAssembly.instantiate(bytes, {})).instance.exports;
  const judge = (request) => {
    const written = new TextEncoder().encode(JSON.stringify(request));
    const asked = wasm.monition_alloc(written.length);
    new Uint8Array(wasm.memory.buffer, asked, written.length).set(written);
    const answered = wasm.monition_judge(asked);
    const view = new Uint8Array(wasm.memory.buffer, answered, wasm.monition_length(answered));
    const answer = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(view));
    wasm.monition_free(asked);
    wasm.monition_free(answered);
    return answer;
  };
  const sorted = (value) =>
    Array.isArray(value) ? value.map(sorted)
    : value && typeof value === "object" ? Object.keys(value).sort().map((k) => [k, sorted(value[k])])
    : value;
  const directories = {};
  for (const [name, text] of Object.entries(data.files)) {
    if (name.endsWith(".directory.json")) directories[name.slice(0, -".directory.json".length)] = text;
  }
  let agreed = 0;
  const wrong = [];
  for (const [name, text] of Object.entries(data.files)) {
    if (!name.endsWith(".case.json")) continue;
    const { dossiers, trust, believe, question, without_witnesses, expected } = JSON.parse(text);
    const answer = judge({
      dossiers: dossiers.map((d) => data.files[d]), directories, trust: data.files[trust],
      believe: believe && data.files[believe], question, without_witnesses, html: false,
    });
    const same = expected.error
      ? answer.error?.code === expected.error
      : JSON.stringify(sorted(answer.finding)) === JSON.stringify(sorted(expected));
    if (same) agreed += 1;
    else wrong.push(name);
  }
  document.title = `wasm in Chromium: ${agreed} agreements, ${wrong.length} disagreements ${wrong.join(" ")}`.trim();
}

const data = JSON.stringify({ module: readFileSync(modulePath).toString("base64"), files }).replaceAll("<", "\\u003c");
const scratch = mkdtempSync(join(tmpdir(), "monition-wasm-"));
try {
  const page = join(scratch, "judge.html");
  writeFileSync(
    page,
    `<!doctype html><meta charset="utf-8"><title>not done</title><script type="application/json" id="data">${data}</script>` +
      `<script>(${inPage})().catch((e) => { document.title = "error: " + e; });</script>`,
  );
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${join(scratch, "profile")}`];
  const limits = ["--virtual-time-budget=120000", "--timeout=120000", "--dump-dom"];
  const dom = execFileSync(chromium, [...flags, ...limits, pathToFileURL(page).href], {
    encoding: "utf8", maxBuffer: 256 * 1024 * 1024, stdio: ["ignore", "pipe", "ignore"], timeout: 180_000,
  });
  const title = /<title>([^<]*)<\/title>/.exec(dom)?.[1] ?? "error: no title";
  console.log(title);
  process.exitCode = / 0 disagreements$/.test(title) && !/: 0 agreements/.test(title) ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

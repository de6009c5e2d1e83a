// Judges every case of a folder with the WebAssembly judge: its findings must be those that the cases expect.
//
//   node ci/wasm_judge.mjs MODULE FOLDER
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

const [modulePath, folder] = process.argv.slice(2);
const module = await WebAssembly.compile(readFileSync(modulePath));
const imports = WebAssembly.Module.imports(module);
if (imports.length > 0) {
  console.error(`error: the module imports ${imports.map((i) => `${i.module}.${i.name}`).join(", ")}`);
  process.exit(1);
}
const wasm = (await WebAssembly.instantiate(module, {})).exports;

function judge(request) {
  const bytes = new TextEncoder().encode(JSON.stringify(request));
  const asked = wasm.monition_alloc(bytes.length);
  // Memory may have grown, so the view is made anew each time.
  new Uint8Array(wasm.memory.buffer, asked, bytes.length).set(bytes);
  const answered = wasm.monition_judge(asked);
  const view = new Uint8Array(wasm.memory.buffer, answered, wasm.monition_length(answered));
  const answer = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(view));
  wasm.monition_free(asked);
  wasm.monition_free(answered);
  return answer;
}

const read = (name) => readFileSync(join(folder, name), "utf8");
const names = readdirSync(folder);
const directories = Object.fromEntries(
  names.filter((n) => n.endsWith(".directory.json")).map((n) => [n.slice(0, -".directory.json".length), read(n)]),
);
const cases = names.filter((n) => n.endsWith(".case.json"));
let wrong = 0;
const start = process.cpuUsage();
for (const name of cases) {
  const { dossiers, trust, believe, question, without_witnesses, expected } = JSON.parse(read(name));
  const answer = judge({
    dossiers: dossiers.map(read), directories, trust: read(trust), believe: believe && read(believe), question,
    without_witnesses, html: false,
  });
  const same = expected.error ? answer.error?.code === expected.error : isDeepStrictEqual(answer.finding, expected);
  if (!same) {
    wrong += 1;
    console.error(`DISAGREEMENT: ${name}: ${JSON.stringify(answer).slice(0, 400)}`);
  }
}
const ms = process.cpuUsage(start).user / 1000;
console.log(`wasm in node: ${cases.length - wrong} agreements, ${wrong} disagreements, no imports, ${ms.toFixed(0)} ms of CPU`);
process.exit(wrong === 0 && cases.length > 0 ? 0 : 1);

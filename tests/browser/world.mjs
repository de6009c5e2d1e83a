// An exchange, two observers and two desks with their consoles, started as an operator does it: the real binary alone.
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const binary = process.env.MONITION;
if (!binary) throw new Error("MONITION names the binary; ci/browser.sh sets it");

export const PASSWORD = "a password for the tests";

const freePorts = async (count) => {
  const held = await Promise.all(Array.from({ length: count }, () => new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => done(server));
  })));
  const ports = held.map((server) => server.address().port);
  await Promise.all(held.map((server) => new Promise((done) => server.close(done))));
  return ports;
};

export class World {
  constructor() {
    this.root = mkdtempSync(join(tmpdir(), "monition-browser-"));
    this.children = [];
  }

  async monition(...args) {
    const { stdout } = await run(binary, ["--json", ...args], { cwd: this.root, maxBuffer: 1 << 26 });
    return stdout ? JSON.parse(stdout) : {};
  }

  // Starts a server and gives the object that it prints once it listens.
  start(...args) {
    return new Promise((done, fail) => {
      const child = spawn(binary, ["--json", ...args], { cwd: this.root, stdio: ["ignore", "pipe", "pipe"] });
      this.children.push(child);
      let out = "";
      let err = "";
      child.stderr.on("data", (data) => { err += data; });
      child.stdout.on("data", (data) => {
        out += data;
        if (out.trimEnd().endsWith("}")) done({ child, said: JSON.parse(out) });
      });
      child.on("exit", (code) => fail(new Error(`${args.join(" ")} ended with ${code}: ${out}${err}`)));
    });
  }

  async init(dir, url, ...more) {
    await this.monition("init", "--dir", dir, "--exchange", "exchange.example", "--exchange-url", url, "--no-passphrase", ...more);
    return this.monition("keys", "--dir", dir);
  }

  async enrol(dir, ...more) {
    const file = `${dir}.enrolment`;
    await this.monition("enrol", "--dir", dir, "--sponsor", "exchange.example", "--out", file, ...more);
    await this.monition("sponsor", "--dir", "exchange", file);
    await this.monition("enrol", "--dir", dir, "--sponsored", file);
  }

  write(name, text) {
    writeFileSync(join(this.root, name), text);
  }

  async build() {
    const [port, harbour, lantern] = await freePorts(3);
    const url = `http://127.0.0.1:${port}`;
    const keys = await this.init("exchange", url, "--kind", "exchange");
    let config = `name = "exchange.example"\nlisten = "127.0.0.1:${port}"\ndata_dir = "exchange-data"\npublish_ms = 250\ndirectory_delay_seconds = 0\n`;
    let policy = `log ${keys.log_vkey}\nlog ${keys.directory_vkey}\n`;
    for (const [name, at] of [["harbour", harbour], ["lantern", lantern]]) {
      const own = await this.init(name, url, "--kind", "observer", "--name", `${name}.example`);
      config += `[[witnesses]]\nvkey = "${own.witness_vkey}"\nurl = "http://127.0.0.1:${at}"\n`;
      policy += `witness ${name} ${own.witness_vkey}\n`;
      this.write(`${name}.toml`, `exchange = "exchange.example"\nexchange_url = "${url}"\nlog_vkey = "${keys.log_vkey}"\ndirectory_vkey = "${keys.directory_vkey}"\nparty = "${name}.example"\nlisten = "127.0.0.1:${at}"\ndata_directory = "${name}-data"\nperiod_seconds = 1\nfollow_milliseconds = 100\n`);
    }
    this.write("exchange.toml", config);
    this.write("trust.policy", `${policy}group trust 2 harbour lantern\nquorum trust\n`);
    this.write("password", `${PASSWORD}\n`);
    await this.monition("serve", "--config", "exchange.toml", "--dir", "exchange", "--create-log");
    await this.start("serve", "--config", "exchange.toml", "--dir", "exchange");
    for (const [name, at] of [["harbour", harbour], ["lantern", lantern]]) {
      await this.start("observe", "--config", `${name}.toml`, "--create-store", "--dir", name);
      await this.enrol(name, "--custodian-url", `http://127.0.0.1:${at}`, "--period-seconds", "1");
    }
    for (const name of ["north", "south", "west"]) {
      await this.init(name, url, "--name", `${name}.example`, "--trust", "trust.policy", "--role", "duty-officer");
      await this.enrol(name);
      await this.monition("declare", "--dir", name, "--custodian", "harbour.example", "--custodian", "lantern.example", "--poll-seconds", "1");
    }
    return this;
  }

  async user(dir, name, display, ...roles) {
    await this.monition("desk", "user", "add", name, "--display", display, "--dir", dir, "--password-file", "password", ...roles.flatMap((role) => ["--role", role]));
  }

  // The address of a desk's console.
  async console(dir) {
    const { said } = await this.start("desk", "--dir", dir);
    return said.address;
  }

  end() {
    for (const child of this.children) {
      child.removeAllListeners("exit");
      child.kill("SIGKILL");
    }
    rmSync(this.root, { recursive: true, force: true });
  }
}

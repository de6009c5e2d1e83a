#!/usr/bin/env python3
"""Bytes on disk for each warning, by role: an exchange, two observers and two desks as processes, warnings by command.

    bench/disk.py MONITION FOLDER [--quick]

North warns South again and again; South collects. What each role's files have grown by between an early and a late
moment is divided by the warnings between them: used pages of the databases, and the files beside them.
"""
import json
import pathlib
import socket
import sqlite3
import subprocess
import sys
import time

binary, root = sys.argv[1], pathlib.Path(sys.argv[2])
first, more = (5, 20) if "--quick" in sys.argv else (20, 150)
root.mkdir(parents=True)
running = []


def run(*words):
    done = subprocess.run([binary, "--json", *words], cwd=root, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{words}: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def serve(*words):
    log = open(root / f"{words[-1]}.log", "w")
    process = subprocess.Popen([binary, "--json", *words], cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
    running.append(process)
    for line in process.stdout:
        if line.rstrip() == "}":
            return
    raise SystemExit(f"{words} ended")


def ports(count):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    numbers = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return numbers


def init(folder, url, *more_words):
    run("init", "--dir", folder, "--exchange", "exchange.example", "--exchange-url", url, "--no-passphrase", *more_words)
    return run("keys", "--dir", folder)


def enrol(folder, *more_words):
    file = f"{folder}.enrolment"
    run("enrol", "--dir", folder, "--sponsor", "exchange.example", "--out", file, *more_words)
    run("sponsor", "--dir", "exchange", file)
    run("enrol", "--dir", folder, "--sponsored", file)


def set_up():
    port, *observer_ports = ports(3)
    url = f"http://127.0.0.1:{port}"
    keys = init("exchange", url, "--kind", "exchange")
    logs = keys["log_vkey"], keys["directory_vkey"]
    config = f'name = "exchange.example"\nlisten = "127.0.0.1:{port}"\ndata_dir = "exchange-data"\npublish_ms = 250\n'
    config += "directory_delay_seconds = 0\n"
    policy = "".join(f"log {key}\n" for key in logs)
    observers = list(zip(["harbour", "lantern"], observer_ports))
    for name, own in observers:
        vkey = init(name, url, "--kind", "observer", "--name", f"{name}.example")["witness_vkey"]
        config += f'[[witnesses]]\nvkey = "{vkey}"\nurl = "http://127.0.0.1:{own}"\n'
        policy += f"witness {name} {vkey}\n"
        (root / f"{name}.toml").write_text(
            f'exchange = "exchange.example"\nexchange_url = "{url}"\nlog_vkey = "{logs[0]}"\ndirectory_vkey = "{logs[1]}"\n'
            f'party = "{name}.example"\nlisten = "127.0.0.1:{own}"\ndata_directory = "{name}-data"\nperiod_seconds = 60\n'
        )
    (root / "exchange.toml").write_text(config)
    (root / "trust.policy").write_text(policy + "group trust 2 harbour lantern\nquorum trust\n")
    run("serve", "--config", "exchange.toml", "--dir", "exchange", "--create-log")
    serve("serve", "--config", "exchange.toml", "--dir", "exchange")
    for name, own in observers:
        serve("observe", "--config", f"{name}.toml", "--create-store", "--dir", name)
        enrol(name, "--custodian-url", f"http://127.0.0.1:{own}", "--period-seconds", "60")
    for name in ["north", "south"]:
        init(name, url, "--name", f"{name}.example", "--trust", "trust.policy", "--role", "duty-officer")
        enrol(name)
        run("declare", "--dir", name, "--custodian", "harbour.example", "--custodian", "lantern.example", "--poll-seconds", "60")


def warn(count):
    for number in range(count):
        run(
            "warn", "--dir", "north", "--to", "south.example", "--class", "attack.physical", "--urgency", "priority",
            "--summary", "An attack is being prepared.", "--field", "place.city=South", "--field", "source.kind=closed",
            "--answer-within", "6000",
        )
        # The exchange takes 20 a second of one sender at one urgency.
        time.sleep(0.05)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        run("collect", "--dir", "south", "--wait", "1")
        if len(run("inbox", "--dir", "south")["inbox"]) >= warned:
            return
    raise SystemExit("the warnings did not come")


def size(folder):
    total = 0
    for path in (root / folder).rglob("*"):
        if path.suffix == ".db":
            connection = sqlite3.connect(path, timeout=10)
            pages, free, width = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size"))
            connection.close()
            total += (pages - free) * width
        elif path.is_file() and not path.name.endswith(("-wal", "-shm")):
            total += path.stat().st_size
    return total


ROLES = {"exchange": "exchange-data", "custodian": "harbour-data", "sender's desk": "north", "recipient's desk": "south"}
try:
    set_up()
    warned = first
    warn(first)
    before = {role: size(folder) for role, folder in ROLES.items()}
    warned += more
    warn(more)
    for role, folder in ROLES.items():
        print(json.dumps({"what": "disk-by-role", "role": role, "warnings": more, "bytes_for_each": round((size(folder) - before[role]) / more)}))
finally:
    for process in running:
        process.terminate()
    for process in running:
        process.wait()

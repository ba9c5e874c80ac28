"""SQLite FTS5 and PostgreSQL full text on the pages of a folder: pages.tsv (number, folded text), questions.json.
Prints times of each question in ms (the second of two askings), pages found, time and size of the index."""
import glob, json, os, pathlib, shutil, sqlite3, subprocess, sys, time

folder = pathlib.Path(sys.argv[1])
questions = json.loads((folder / "questions.json").read_text())


def is_phrase(kind):
    return kind != "TwoWords"


def pages():
    with open(folder / "pages.tsv", encoding="utf-8") as lines:
        for line in lines:
            number, text = line.rstrip("\n").split("\t")
            yield int(number), text


def sqlite():
    path = folder / "fts.sqlite"
    base = sqlite3.connect(path)
    started = time.process_time()
    base.execute("PRAGMA journal_mode=off")
    base.execute("CREATE VIRTUAL TABLE page USING fts5(text, content='')")
    base.executemany("INSERT INTO page(rowid, text) VALUES (?, ?)", pages())
    base.execute("INSERT INTO page(page) VALUES ('optimize')")
    base.commit()
    indexing = time.process_time() - started
    times, hits = {}, {}
    for kind, asked in questions.items():
        for text in asked:
            # Pieces such as 12/ct-vks are words for FTS5 where they are quoted.
            words = ['"' + word + '"' for word in text.split()]
            match = '"' + text + '"' if is_phrase(kind) else " AND ".join(words)
            for second in (False, True):
                started = time.perf_counter()
                count = base.execute("SELECT count(*) FROM page WHERE page MATCH ?", (match,)).fetchone()[0]
                base.execute("SELECT rowid FROM page WHERE page MATCH ? LIMIT 20", (match,)).fetchall()
                took = (time.perf_counter() - started) * 1000
                if second:
                    times.setdefault(kind, []).append(took)
                    hits[kind] = hits.get(kind, 0) + count
    return {"name": "SQLite FTS5 " + sqlite3.sqlite_version, "indexing_s": indexing, "bytes": path.stat().st_size,
            "times_ms": times, "hits": hits}


def postgres():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
    if not found:
        sys.exit("no PostgreSQL: ./dev installs it")
    programs = pathlib.Path(found[-1])
    # The server does not run as root.
    user = "postgres" if os.geteuid() == 0 else None
    home = pathlib.Path("/tmp") / f"hoso-bench-{os.getpid()}"
    home.mkdir(mode=0o755)
    if user:
        shutil.chown(home, user)
    run = lambda words, **more: subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                               user=user, cwd="/", **more).stdout
    try:
        run([programs / "initdb", "-D", home / "data", "-A", "trust", "-U", "hoso", "--locale=C", "-E", "UTF8"])
        options = f"-c listen_addresses='' -c unix_socket_directories={home} -c max_parallel_workers_per_gather=0 -c shared_buffers=512MB " \
                  "-c work_mem=256MB -c maintenance_work_mem=256MB -c fsync=off -c jit=off"
        run([programs / "pg_ctl", "-D", home / "data", "-o", options, "-l", home / "log", "-w", "start"])
        try:
            return asked_of_postgres(programs, home, run)
        finally:
            run([programs / "pg_ctl", "-D", home / "data", "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(home)


def asked_of_postgres(programs, home, run):
    sql = lambda text: run([programs / "psql", "-h", home, "-U", "hoso", "-d", "postgres", "-qAtX", "-v", "ON_ERROR_STOP=1"],
                           input=text)
    sql("CREATE TABLE page(id int, words tsvector)")
    started = time.perf_counter()
    rows = "".join(f"{number}\t{text}\n" for number, text in pages())
    sql("CREATE TEMP TABLE raw(id int, text text);\nCOPY raw FROM STDIN;\n" + rows +
        "\\.\nINSERT INTO page SELECT id, to_tsvector('simple', text) FROM raw;\n"
        "CREATE INDEX ON page USING gin(words);\n")
    indexing = time.perf_counter() - started
    sql("VACUUM ANALYZE page")
    size = int(sql("SELECT pg_total_relation_size('page')"))
    version = sql("SHOW server_version").split()[0]
    times, hits = {}, {}
    for kind, asked in questions.items():
        query = "phraseto_tsquery" if is_phrase(kind) else "plainto_tsquery"
        body = "".join(
            f"started := clock_timestamp(); SELECT count(*) INTO found FROM page WHERE words @@ {query}('simple', $q${text}$q$); "
            f"PERFORM id FROM page WHERE words @@ {query}('simple', $q${text}$q$) LIMIT 20; "
            "RAISE INFO 'took % %', extract(epoch FROM clock_timestamp() - started) * 1000, found; "
            for text in asked for _ in range(2))
        said = sql(f"DO $b$ DECLARE started timestamptz; found bigint; BEGIN {body} END $b$")
        took = [line.split("took ")[1].split() for line in said.splitlines() if "took " in line]
        times[kind] = [float(ms) for ms, _ in took[1::2]]
        hits[kind] = sum(int(count) for _, count in took[1::2])
    return {"name": "PostgreSQL " + version, "indexing_s": indexing, "bytes": size, "times_ms": times, "hits": hits}


print(json.dumps([sqlite(), postgres()]))

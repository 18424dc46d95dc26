#!/usr/bin/env python3
"""Grafana's dashboards, told in a few lines a panel; the JSON that Grafana reads is made of them and kept beside.

    dashboards.py make    writes dashboards/*.json
    dashboards.py check   whether they are what this file and sql/ say; 1 if not

A panel's expressions are PromQL on the job `sluice`; its SQL is a file, of sql/ here or of schemas/sql.
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
SQL_FOLDERS = (HERE / "sql", HERE.parents[1] / "schemas/sql")
PROMETHEUS, POSTGRES = "prometheus", "grafana-postgresql-datasource"
WIDTH = 24


def panel(kind, title, targets, *, width=8, height=8, unit="short", about="", source=PROMETHEUS, defaults=None, options=None):
    return {"type": kind, "title": title, "description": about,
            "datasource": {"type": source, "uid": "${datasource}"}, "gridPos": {"x": 0, "y": 0, "w": width, "h": height},
            "fieldConfig": {"defaults": {"unit": unit, **(defaults or {})}, "overrides": []},
            "options": options or {}, "targets": targets}


def expressions(queries):
    """(PromQL, legend) of each line."""
    return [{"refId": chr(ord("A") + i), "datasource": {"type": PROMETHEUS, "uid": "${datasource}"}, "expr": expression,
             "legendFormat": legend} for i, (expression, legend) in enumerate(queries)]


def lines(title, *queries, **more):
    more.setdefault("width", 12)
    return panel("timeseries", title, expressions(queries), defaults={"min": 0}, **more)


def number(title, *queries, red=None, yellow=None, **more):
    """Large numbers; green, from `yellow` on yellow and from `red` on red (below, where red is less than yellow)."""
    steps = [{"color": "green", "value": None}]
    if red is not None and yellow is not None and red < yellow:
        steps = [{"color": "red", "value": None}, {"color": "yellow", "value": red}, {"color": "green", "value": yellow}]
    else:
        steps += [{"color": colour, "value": at} for colour, at in (("yellow", yellow), ("red", red)) if at is not None]
    more.setdefault("width", 6)
    more.setdefault("height", 5)
    return panel("stat", title, expressions(queries), defaults={"thresholds": {"mode": "absolute", "steps": steps}},
                 options={"reduceOptions": {"calcs": ["lastNotNull"], "values": False}, "colorMode": "value"}, **more)


def sql(name):
    """The question's text, without the comment above it, and that comment."""
    (path,) = [folder / f"{name}.sql" for folder in SQL_FOLDERS if (folder / f"{name}.sql").exists()]
    text = path.read_text().splitlines()
    about = " ".join(line.removeprefix("-- ") for line in text if line.startswith("--"))
    return "\n".join(line for line in text if not line.startswith("--")).strip().rstrip(";"), about


def question(name):
    text, about = sql(name)
    return [{"refId": "A", "datasource": {"type": POSTGRES, "uid": "${datasource}"}, "rawQuery": True, "editorMode": "code",
             "format": "table", "rawSql": text}], about


def rows(title, name, **more):
    targets, about = question(name)
    return panel("table", title, targets, about=about, source=POSTGRES, **{"width": WIDTH, "height": 10} | more)


def bars(title, name, x, **more):
    targets, about = question(name)
    return panel("barchart", title, targets, about=about, source=POSTGRES,
                 options={"xField": x, "orientation": "auto", "stacking": "none", "legend": {
                     "displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
                     "showValue": "auto", "groupWidth": 0.7, "barWidth": 0.97, "tooltip": {"mode": "single", "sort": "none"}},
                 **{"width": 12, "height": 9} | more)


def dashboard(uid, title, panels, source=PROMETHEUS):
    x = y = row = 0
    for i, each in enumerate(panels):
        place = each["gridPos"]
        if x + place["w"] > WIDTH:
            x, y, row = 0, y + row, 0
        place["x"], place["y"] = x, y
        x, row = x + place["w"], max(row, place["h"])
        panels[i] = {"id": i + 1, **each}
    variable = {"name": "datasource", "label": "Data source", "type": "datasource", "query": source, "refresh": 1, "hide": 0,
                "includeAll": False, "multi": False, "options": [], "regex": "", "current": {}}
    others = {"title": "Sluice", "type": "dashboards", "tags": ["sluice"], "asDropdown": True, "keepTime": True,
              "includeVars": False, "targetBlank": False, "icon": "", "tooltip": "", "url": ""}
    return {"uid": uid, "title": title, "tags": ["sluice"], "schemaVersion": 39, "version": 1, "editable": True,
            "refresh": "10s" if source == PROMETHEUS else "1m", "time": {"from": "now-1h", "to": "now"}, "timezone": "",
            "annotations": {"list": []}, "links": [others], "templating": {"list": [variable]}, "panels": panels}


def slowest(metric, by, fraction=0.95, window="5m", job='job="sluice"'):
    return f"histogram_quantile({fraction}, sum by ({by}, le) (rate({metric}_bucket{{{job}}}[{window}])))"


def of(service):
    return f'job="sluice",component="{service}"'


def process(service):
    """What every service has."""
    job = of(service)
    return [
        number("Answers", (f"min(up{{{job}}})", "up"), yellow=1, red=0.5),
        number("Ready", (f"min by (check) (sluice_ready{{{job}}})", "{{check}}"), yellow=1, red=0.5),
        number("Definitions not in force", (f"max(sluice_definitions_not_in_force{{{job}}})", ""), yellow=1),
        number("Up since its last start", (f"time() - max(process_start_time_seconds{{{job}}})", ""), unit="s"),
        lines("Memory", (f"process_resident_memory_bytes{{{job}}}", "{{instance}}"),
              (f"sluice_memory_limit_bytes{{{job}}}", "limit of {{instance}}"), unit="bytes", width=8),
        lines("Processor", (f"rate(process_cpu_seconds_total{{{job}}}[1m])", "{{instance}}"), about="In cores.", width=8),
        lines("Warnings and errors in the log",
              (f"sum by (level) (increase(sluice_log_messages_total{{{job}}}[5m]))", "{{level}}"), width=8),
        lines("Open file descriptors", (f"process_open_fds{{{job}}}", "{{instance}}"), width=8),
        lines("Requests that were not let in", (f"sum by (reason) (rate(sluice_http_refused_total{{{job}}}[5m]))", "{{reason}}"),
              unit="reqps", width=8),
    ]


def disks(service):
    job = of(service)
    return lines("Free on the disk", (f"sluice_disk_free_bytes{{{job}}} / sluice_disk_size_bytes{{{job}}}", "{{place}} {{instance}}"),
                 unit="percentunit", width=8)


def tasks(service):
    job = of(service)
    return [
        lines("Messages that wait", (f"sum by (kind) (sluice_consumer_lag_records{{{job}}})", "{{kind}}")),
        lines("Commit, 99th percentile", (slowest("sluice_transaction_duration_seconds", "kind", 0.99, job=job), "{{kind}}"), unit="s"),
        lines("Transactions", (f"sum by (outcome) (rate(sluice_transactions_total{{{job}}}[1m]))", "{{outcome}}"), unit="ops"),
        lines("Tasks started again", (f"sum by (kind) (increase(sluice_task_restarts_total{{{job}}}[5m]))", "{{kind}}")),
        number("Tasks stopped for good", (f"sum(sluice_task_unsafe{{{job}}}) or vector(0)", ""), red=1, width=8),
    ]


def overview():
    job = 'job="sluice"'
    return [
        number("Services that answer", (f"sum by (component) (up{{{job}}})", "{{component}}"), yellow=1, red=0.5, width=8),
        number("Not ready", (f"count by (component, check) (sluice_ready{{{job}}} == 0)", "{{component}}: {{check}}"), red=1, width=4),
        number("Alerts that fire", ('count by (severity) (ALERTS{alertname=~"Sluice.*",alertstate="firing"}) or vector(0)', "{{severity}}"),
               red=1, width=4),
        number("Oldest file that is not settled", (f"max(sluice_file_oldest_pending_seconds{{{job}}})", "age"), unit="s",
               yellow=300, red=900, width=4),
        number("Receipts that do not balance", (f"sum(increase(sluice_receipts_unbalanced_total{{{job}}}[1d]))", ""), red=1, width=4),
        number("Files settled in the last hour",
               (f"sum by (outcome) (increase(sluice_files_completed_total{{{job}}}[1h]))", "{{outcome}}"), width=8),
        number("Rows on their way", (f"sum(sluice_rows_unaccounted{{{job}}})", ""), width=4,
               about="Read, and not yet told what became of them."),
        number("From a file to its receipt", (slowest("sluice_file_freshness_seconds", "job"), "95th percentile"), unit="s",
               yellow=60, red=300, width=6),
        number("From transform into the table", (slowest("sluice_row_freshness_seconds", "job"), "95th percentile"), unit="s",
               yellow=10, red=30, width=6),
        lines("Rows read", (f"sum by (dataset) (rate(sluice_rows_read_total{{{job}}}[1m]))", "{{dataset}}"), unit="ops"),
        lines("Dead letters", (f"sum by (dataset, rule) (rate(sluice_dead_letters_total{{{job}}}[5m])) > 0", "{{dataset}} {{rule}}"), unit="ops"),
        lines("Messages that wait", (f"sum by (component, kind) (sluice_consumer_lag_records{{{job}}})", "{{component}} {{kind}}")),
        lines("Files not settled", (f"sum(sluice_files_unsettled{{{job}}})", "files")),
        lines("From a file to its receipt, 95th percentile", (slowest("sluice_file_freshness_seconds", "dataset"), "{{dataset}}"), unit="s"),
        lines("From transform into the table, 95th percentile", (slowest("sluice_row_freshness_seconds", "report"), "{{report}}"), unit="s"),
        lines("Free on the disks", (f"sluice_disk_free_bytes{{{job}}} / sluice_disk_size_bytes{{{job}}}", "{{component}} {{place}}"), unit="percentunit"),
        lines("Memory, of the limit", (f"process_resident_memory_bytes{{{job}}} / sluice_memory_limit_bytes{{{job}}}", "{{component}} {{instance}}"),
              unit="percentunit"),
        lines("Errors of the api", (f'sum(rate(sluice_http_requests_total{{{job},code=~"5.."}}[5m])) / sum(rate(sluice_http_requests_total{{{job}}}[5m]))',
                                    "5xx"), unit="percentunit"),
        lines("Warnings and errors in the logs", (f"sum by (component, level) (increase(sluice_log_messages_total{{{job}}}[5m]))", "{{component}} {{level}}")),
    ]


def ingest():
    job = of("ingest")
    return process("ingest") + [disks("ingest")] + [
        lines("Files found", (f"rate(sluice_files_discovered_total{{{job}}}[5m])", "{{instance}}"), unit="ops"),
        lines("Files settled", (f"sum by (dataset, outcome) (increase(sluice_files_completed_total{{{job}}}[5m])) > 0", "{{dataset}} {{outcome}}")),
        lines("Files not settled", (f"sum by (shard) (sluice_files_unsettled{{{job}}})", "shard {{shard}}")),
        lines("Oldest file that is not settled", (f"max by (instance) (sluice_file_oldest_pending_seconds{{{job}}})", "{{instance}}"), unit="s"),
        lines("Bytes read", (f"rate(sluice_ingest_bytes_total{{{job}}}[1m])", "{{instance}}"), unit="Bps"),
        lines("Rows read", (f"sum by (dataset) (rate(sluice_rows_read_total{{{job}}}[1m]))", "{{dataset}}"), unit="ops"),
        lines("Records published", (f"rate(sluice_records_published_total{{{job}}}[1m])", "{{instance}}"), unit="ops"),
        lines("Dead letters", (f"sum by (dataset, rule) (rate(sluice_dead_letters_total{{{job}}}[5m])) > 0", "{{dataset}} {{rule}}"), unit="ops"),
        lines("Rows not accounted for", (f"sum by (shard) (sluice_rows_unaccounted{{{job}}})", "shard {{shard}}")),
        lines("Trouble", (f"increase(sluice_s3_failures_total{{{job}}}[5m])", "requests to S3 failed"),
              (f"increase(sluice_decoder_waits_total{{{job}}}[5m])", "files waited for memory"),
              (f"increase(sluice_definitions_refused_total{{{job}}}[5m])", "definitions refused")),
    ] + tasks("ingest")


def transform():
    job = of("transform")
    kinds = [("new", "new"), ("corrections", "corrections"), ("duplicates", "duplicates"), ("late", "late"), ("poisoned", "poisoned")]
    return process("transform") + [disks("transform")] + [
        lines("Records processed", (f"sum by (dataset) (rate(sluice_records_processed_total{{{job}}}[1m]))", "{{dataset}}"), unit="ops"),
        lines("What they were", *[(f"sum(rate(sluice_records_{kind}_total{{{job}}}[1m]))", name) for kind, name in kinds], unit="ops"),
        lines("Rows of reports changed", (f"sum by (report) (rate(sluice_groups_changed_total{{{job}}}[1m]))", "{{report}}"), unit="ops"),
        lines("Newest event time, ago", (f"time() - max by (dataset) (sluice_watermark_timestamp_seconds{{{job}}})", "{{dataset}}"), unit="s"),
    ] + tasks("transform")


def loader():
    job = of("loader")
    return process("loader") + [disks("loader")] + [
        lines("Rows loaded", (f"sum by (op) (rate(sluice_load_rows_total{{{job}}}[1m]))", "{{op}}"), unit="ops"),
        lines("Rows loaded, by table", (f'sum by (table) (rate(sluice_load_rows_total{{{job},op=~"upsert|delete"}}[1m]))', "{{table}}"), unit="ops"),
        lines("Batch into PostgreSQL, 99th percentile", (slowest("sluice_load_batch_duration_seconds", "table", 0.99, job=job), "{{table}}"), unit="s"),
        lines("From transform into the table, 95th percentile", (slowest("sluice_row_freshness_seconds", "report", job=job), "{{report}}"), unit="s"),
        lines("From a file to its receipt, 95th percentile", (slowest("sluice_file_freshness_seconds", "dataset", job=job), "{{dataset}}"), unit="s"),
        lines("Reports changed, ago", (f"time() - max by (report) (sluice_report_freshness_timestamp_seconds{{{job}}})", "{{report}}"), unit="s"),
        lines("CSV files written", (f"sum by (report) (rate(sluice_exports_total{{{job}}}[5m]))", "{{report}}"), unit="ops"),
        lines("Exports", (f"sum by (report, outcome) (increase(sluice_export_runs_total{{{job}}}[1h]))", "{{report}} {{outcome}}")),
        lines("Export, 95th percentile", (slowest("sluice_export_duration_seconds", "report", window="1h", job=job), "{{report}}"), unit="s"),
        lines("Last good export, ago", (f"time() - max by (report) (sluice_export_last_success_timestamp_seconds{{{job}}})", "{{report}}"), unit="s"),
        lines("Rebuilds of reports", (f"sum by (dataset, outcome) (increase(sluice_replays_total{{{job}}}[1h]))", "{{dataset}} {{outcome}}")),
        lines("Rebuilds, messages still to be read", (f"max by (dataset) (sluice_replay_remaining_messages{{{job}}})", "{{dataset}}")),
        number("Receipts that do not balance", (f"sum(increase(sluice_receipts_unbalanced_total{{{job}}}[1d]))", ""), red=1, width=8),
    ] + tasks("loader")


def api():
    job = of("api")
    return process("api") + [
        lines("Requests", (f"sum by (route, method) (rate(sluice_http_requests_total{{{job}}}[1m]))", "{{method}} {{route}}"), unit="reqps"),
        lines("Answers by status", (f"sum by (code) (rate(sluice_http_requests_total{{{job}}}[1m]))", "{{code}}"), unit="reqps"),
        lines("Time, 95th percentile", (slowest("sluice_http_request_duration_seconds", "route", job=job), "{{route}}"), unit="s"),
        lines("Time, median", (slowest("sluice_http_request_duration_seconds", "route", 0.5, job=job), "{{route}}"), unit="s"),
        number("Definitions on disk are in use", (f"min(sluice_config_reload_success{{{job}}})", ""), yellow=1, red=0.5),
        number("Tokens on disk are in use", (f"min(sluice_tokens_reload_success{{{job}}})", ""), yellow=1, red=0.5),
    ]


def orders_and_baskets():
    return [
        bars("Sales by week", "sales_by_week", "week"), bars("Orders by month", "orders_by_month", "month"),
        rows("Average basket by month", "average_basket_by_month", width=12),
        rows("Customers who come again", "customer_types_by_month", width=12),
        bars("Days between two orders, by week", "days_between_orders_by_week", "week"),
        rows("Days between two orders", "days_between_orders", width=12, height=9),
        bars("Items in a basket", "basket_sizes", "items"), rows("Items in most baskets", "items_in_most_baskets", width=12, height=9),
        rows("Bought together", "items_bought_together", width=18), rows("Baskets left out of it", "baskets_left_out", width=6),
    ]


def bookings():
    return [
        bars("Bookings by month", "bookings_by_month", "month"), bars("Busiest months of the year", "busiest_calendar_months", "month"),
        rows("By country", "bookings_by_country", width=12), rows("Amounts by month and currency", "amounts_by_month_and_currency", width=12),
        rows("Restaurants with most bookings", "busiest_restaurants", width=12),
        rows("Amount per guest by restaurant", "amount_per_guest_by_restaurant", width=12),
    ]


def consent():
    return [bars("Page views and consent by hour", "consent_by_hour", "datehour", width=WIDTH),
            rows("By domain and country", "consent_by_domain_and_country"), rows("Page views per user", "consent_pageviews_per_user")]


def films():
    return [rows("Films that returned most", "films_that_returned_most"), rows("Films that cost most", "films_that_cost_most"),
            rows("Genres", "genres", width=12), rows("Production companies", "production_companies", width=12)]


def receipts():
    return [rows("Files settled last", "files_of_the_last_days", height=12), rows("Why rows could not become records", "dead_letters_by_rule")]


def all_dashboards():
    return {
        "sluice": dashboard("sluice", "Sluice: overview", overview()),
        "sluice-ingest": dashboard("sluice-ingest", "Sluice: ingest", ingest()),
        "sluice-transform": dashboard("sluice-transform", "Sluice: transform", transform()),
        "sluice-loader": dashboard("sluice-loader", "Sluice: loader", loader()),
        "sluice-api": dashboard("sluice-api", "Sluice: api", api()),
        "sluice-files": dashboard("sluice-files", "Sluice: files and dead letters", receipts(), POSTGRES),
        "sluice-orders-and-baskets": dashboard("sluice-orders-and-baskets", "Orders and baskets analysis", orders_and_baskets(), POSTGRES),
        "sluice-bookings": dashboard("sluice-bookings", "Bookings", bookings(), POSTGRES),
        "sluice-consent": dashboard("sluice-consent", "Consent", consent(), POSTGRES),
        "sluice-films": dashboard("sluice-films", "Films", films(), POSTGRES),
    }


def main(command):
    made = {f"{name}.json": json.dumps(each, indent=1, ensure_ascii=False) + "\n" for name, each in all_dashboards().items()}
    folder = HERE / "dashboards"
    if command == "make":
        folder.mkdir(exist_ok=True)
        for name, text in made.items():
            (folder / name).write_text(text)
    elif command == "check":
        kept = {path.name: path.read_text() for path in folder.glob("*.json")}
        wrong = sorted(name for name in made.keys() | kept.keys() if made.get(name) != kept.get(name))
        if wrong:
            sys.exit(f"not what dashboards.py and sql/ say: {', '.join(wrong)}; make them anew: monitoring/grafana/dashboards.py make")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*(sys.argv[1:] or [""]))

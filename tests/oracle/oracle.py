#!/usr/bin/env python3
"""What the reports of the six datasets must be, computed over whole files in one go.

An oracle for tests: it shares no code with the product (Python's own csv, json, ast, xml and fractions) and has
no state. Files are taken in the order given: a later version of a key replaces an earlier one, unless the
definition names a version field. Rows that do not fit are left out, as dead letters are.

  oracle.py DATASET REPORT FILE...      the report as CSV on standard output, ordered by its key
  oracle.py DATASET --counts FILE...    rows, records, dead_letters, duplicates, corrections
  oracle.py DATASET REPORT --equals CSV FILE...    nothing if the CSV file is the report, in any order and with
                                        numbers written in any way; else what differs, and exit code 1

For a dataset that looks another up, the other's files follow after "--other".
"""
import ast
import csv
import datetime as dt
import decimal
import gzip
import io
import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict
from fractions import Fraction
from itertools import combinations

csv.field_size_limit(1 << 30)


class Bad(Exception):
    """A row that does not fit."""


# --- values ---------------------------------------------------------------------------------------


def text(cell, required=True):
    if cell is None or cell == "":
        if required:
            raise Bad("empty")
        return None
    if not isinstance(cell, str):
        raise Bad("no text")
    return cell


NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def number(cell, required=True):
    cell = text(None if cell is None else str(cell).strip(), required)
    if cell is None:
        return None
    if not NUMBER.fullmatch(cell):
        raise Bad("number")
    return Fraction(decimal.Decimal(cell))


def integer(cell, required=True, least=None):
    value = number(cell, required)
    if value is None:
        return None
    if value.denominator != 1 or (least is not None and value < least):
        raise Bad("integer")
    return int(value)


def json_number(value):
    if isinstance(value, bool) or not isinstance(value, (int, decimal.Decimal)):
        raise Bad("number")
    if isinstance(value, decimal.Decimal) and not value.is_finite():
        raise Bad("NaN")
    return Fraction(value)


def time(cell, form, required=True):
    cell = text(cell, required)
    if cell is None:
        return None
    pattern = re.escape(form)
    for letter, digits in (("Y", 4), ("m", 2), ("d", 2), ("H", 2), ("M", 2), ("S", 2)):
        pattern = pattern.replace("%" + letter, r"\d{%d}" % digits)
    if not re.fullmatch(pattern, cell):
        raise Bad("time")
    try:
        return dt.datetime.strptime(cell, form)
    except ValueError:
        raise Bad("time")


MONEY = re.compile(r"^(?P<a>[^\d.,'\s\u00a0-]*)[\s\u00a0]*(?P<n>[\d.,'\u2019-]+)[\s\u00a0]*(?P<b>[^\d.,'\s\u00a0-]*)$")
SIGNS = {"£": "GBP", "€": "EUR", "$": "USD"}


def money(cell):
    """The shapes of the bookings' amounts: 11.30 with a pound before it, 90,04 with a euro behind it."""
    found = MONEY.match(text(cell).strip())
    if not found:
        raise Bad("money")
    sign = found["a"] or found["b"]
    if not sign or (found["a"] and found["b"]):
        raise Bad("currency")
    currency = SIGNS.get(sign, sign)
    if not re.fullmatch("[A-Z]{3}", currency):
        raise Bad("currency")
    digits = found["n"].replace("'", "")
    marks = [c for c in digits if c in ".,"]
    if len(set(marks)) == 2:
        last = marks[-1]
        digits = digits.replace("." if last == "," else ",", "").replace(last, ".")
    elif marks and len(digits) - digits.rfind(marks[0]) == 4:
        comma = currency == "EUR"
        digits = digits.replace(",", "." if comma else "").replace(" ", "")
    elif marks:
        digits = digits.replace(",", ".")
    if not re.fullmatch(r"\d+(\.\d+)?", digits):
        raise Bad("money")
    return Fraction(digits), currency


# --- rows of files ----------------------------------------------------------------------------------


def content(path):
    raw = open(path, "rb").read()
    return gzip.decompress(raw) if path.endswith(".gz") else raw


def csv_rows(path):
    # A byte that is no UTF-8 becomes a lone surrogate, which no encoder takes.
    reader = csv.reader(io.StringIO(content(path).decode("utf-8-sig", "surrogateescape"), newline=""))
    header = next(reader, [])
    for row in reader:
        if not row:
            continue
        foreign = any("\udc80" <= letter <= "\udcff" for cell in row for letter in cell)
        yield dict(zip(header, row)) if len(row) == len(header) and not foreign else None


def json_rows(path):
    for raw in content(path).split(b"\n"):
        try:
            line = raw.decode("utf-8").strip()
        except UnicodeDecodeError:
            yield None
            continue
        line = line[1:] if line.startswith("[") else line
        line = line[:-1] if line.endswith("]") and not line.startswith("{") else line
        line = line.strip().rstrip(",")
        if not line:
            continue
        try:
            value = json.loads(line, parse_float=decimal.Decimal, parse_constant=decimal.Decimal)
        except ValueError:
            value = None
        yield value if isinstance(value, dict) else None


def xml_rows(path):
    for _, element in ElementTree.iterparse(io.BytesIO(content(path))):
        if element.tag == "doc":
            yield {child.tag: child.text for child in element}
            element.clear()


# --- datasets: a row of the file becomes (key, version, record), or Bad ----------------------------------


def booking(row, path):
    amount, currency = money(row["amount"])
    form = "%d/%m/%Y" if "/" in row["date"] else "%d-%m-%Y"
    record = {name: text(row[name]) for name in ("booking_id", "restaurant_id", "restaurant_name", "country")}
    record.update(client_id=text(row["client_id"], False), client_name=text(row["client_name"], False),
                  amount=amount, currency=currency, guests=integer(row["guests"], least=0),
                  date=time(row["date"].strip(), form))
    return record["booking_id"], None, record


def order(row, path):
    record = dict(id=integer(row["id"]), user_id=integer(row["user_id"]),
                  completed_at=time(row["completed_at"].strip(), "%Y-%m-%d %H:%M"),
                  item_total=number(row["item_total"]), shipment_total=number(row["shipment_total"]))
    return record["id"], None, record


def basket_line(row, path):
    record = dict(basket_id=integer(row["basket_id"]), item=text(row["item"]))
    return (record["basket_id"], record["item"]), None, record


def enabled(token, what):
    value = token[what]["enabled"]
    if not isinstance(value, list):
        raise Bad("token")
    return len(value)


def consent_event(row, path):
    try:
        user = row["user"]
        token = json.loads(user["token"])
        record = dict(id=text(row["id"]), datetime=time(row["datetime"], "%Y-%m-%d %H:%M:%S"),
                      domain=text(row["domain"]), type=text(row["type"]), user_id=text(user["id"]),
                      country=text(user["country"]), token=user["token"], vendors=enabled(token, "vendors"),
                      purposes=enabled(token, "purposes"),
                      datehour=re.search("datehour=([^/]+)/", path).group(1))
    except (KeyError, TypeError, ValueError):
        raise Bad("event")
    if record["type"] not in ("pageview", "consent.asked", "consent.given"):
        raise Bad("type")
    return record["id"], record["datetime"], record


EVENT_TEXTS = ("event_name context_timezone context_os_version context_os_name context_device_type "
               "context_device_model context_device_manufacturer context_device_id context_app_version "
               "context_app_name context_app_build anonymous_id").split()


def stripped(row, prefix):
    return {name.removeprefix(prefix): value for name, value in row.items()}


def track_event(row, path):
    row = stripped(row, "segment_tracks.")
    record = {name: text(row.get(name)) for name in EVENT_TEXTS}
    for name in ("original_timestamp_time", "received_time", "sent_time"):
        record[name] = time(row.get(name), "%Y-%m-%d %H:%M:%S")
    rating = record["properties_rating"] = text(row.get("properties_rating"), False)
    if rating not in (None, "1", "2", "3", "4", "5"):
        raise Bad("rating")
    key = tuple(record[n] for n in ("anonymous_id", "event_name", "original_timestamp_time", "sent_time"))
    return key, None, record


def weather(row, path):
    row = stripped(row, "weather_data.")
    record = dict(date_time=time(row.get("date_time"), "%Y-%m-%d %H:%M:%S"), city=text(row.get("city")))
    for name in ("apparenttemperature humidity precipintensity precipprobability temperature visibility "
                 "windspeed").split():
        record[name] = json_number(row.get("currently_" + name))
    kind = record["preciptype"] = text(row.get("currently_preciptype"), False)
    if kind not in (None, "rain", "snow", "sleet"):
        raise Bad("preciptype")
    return (record["city"], record["date_time"]), None, record


def names(cell):
    if not cell:
        return None
    try:
        return tuple(str(item["name"]) for item in ast.literal_eval(cell) if item.get("name") is not None)
    except (ValueError, SyntaxError, TypeError, KeyError, AttributeError):
        raise Bad("literal")


def movie(row, path):
    record = {name: text(cell, False) for name, cell in row.items()}
    record.update(id=integer(row["id"]), title=text(row["title"]), budget=integer(row["budget"], least=0),
                  revenue=integer(row["revenue"], least=0), rating=number(row["vote_average"], False),
                  genres=names(row["genres"]), companies=names(row["production_companies"]),
                  release_date=time(row["release_date"], "%Y-%m-%d", False),
                  popularity=number(row["popularity"], False), runtime=number(row["runtime"], False),
                  vote_count=integer(row["vote_count"], False))
    return record["id"], None, record


def wiki_page(row, path):
    record = dict(url=text(row.get("url")), title=text(row.get("title")), abstract=text(row.get("abstract"), False))
    return record["url"], None, record


DATASETS = {
    "bookings": (csv_rows, booking), "orders": (csv_rows, order), "baskets": (csv_rows, basket_line),
    "consent_events": (json_rows, consent_event), "track_events": (json_rows, track_event),
    "weather": (json_rows, weather), "movies": (csv_rows, movie), "wiki_pages": (xml_rows, wiki_page),
}


def load(dataset, paths):
    read, make = DATASETS[dataset]
    records, counts = {}, Counter(rows=0, records=0, dead_letters=0, duplicates=0, corrections=0)
    for path in paths:
        for row in read(path):
            counts["rows"] += 1
            try:
                if row is None:
                    raise Bad("row")
                key, version, record = make(row, path)
            except Bad:
                counts["dead_letters"] += 1
                continue
            if key not in records:
                counts["records"] += 1
            elif records[key][1] == record:
                counts["duplicates"] += 1
                continue
            else:
                counts["corrections"] += 1
                if version is not None and version < records[key][0]:
                    continue
            records[key] = (version, record)
    return [record for _, record in records.values()], counts


# --- reports: (columns, rows) ---------------------------------------------------------------------------


def ratio(top, bottom):
    """Six decimals, half to even; nothing where there is nothing to divide by."""
    if top is None or bottom is None or bottom == 0:
        return None
    return Fraction(round(Fraction(top) / Fraction(bottom) * 10**6), 10**6)


def grouped(records, key):
    groups = defaultdict(list)
    for record in records:
        groups[key(record)].append(record)
    return groups


def total(records, name):
    return sum((record[name] for record in records), Fraction(0))


def month(time):
    return time.strftime("%Y-%m")


def sunday(time):
    day = time.date()
    return (day - dt.timedelta(days=(day.weekday() + 1) % 7)).isoformat()


def bookings_by(key_names, key):
    def report(bookings, other):
        rows = []
        for group, some in grouped(bookings, key).items():
            rows.append([*group, len(some), sum(r["guests"] for r in some), total(some, "amount"), some[0]["currency"]])
        return [*key_names, "number_of_bookings", "number_of_guests", "amount", "currency"], rows
    return report


def bookings_by_calendar_month(bookings, other):
    groups = grouped(bookings, lambda r: r["date"].strftime("%m"))
    return (["month", "number_of_bookings", "number_of_guests"],
            [[m, len(some), sum(r["guests"] for r in some)] for m, some in groups.items()])


def monthly_amount_per_guest(bookings, other):
    groups = grouped(bookings, lambda r: (r["restaurant_id"], r["restaurant_name"], r["country"],
                                          r["date"].strftime("%Y_%m"), r["currency"]))
    rows = []
    for group, some in groups.items():
        guests = sum(r["guests"] for r in some)
        rows.append([*group, total(some, "amount"), guests, ratio(total(some, "amount"), guests)])
    return ["restaurant_id", "restaurant_name", "country", "month", "currency", "amount", "number_of_guests",
            "amount_per_guest"], rows


def orders_per(name, label):
    def report(orders, other):
        rows = []
        for group, some in grouped(orders, lambda r: label(r["completed_at"])).items():
            sales = total(some, "item_total")
            rows.append([group, len(some), sales, ratio(sales, len(some)), total(some, "shipment_total"),
                         len({r["user_id"] for r in some})])
        return [name, "orders", "sales", "average_basket", "shipping", "customers"], rows
    return report


def days_between_orders_weekly(orders, other):
    gaps = defaultdict(list)
    for some in grouped(orders, lambda r: r["user_id"]).values():
        some.sort(key=lambda r: (r["completed_at"], r["id"]))
        for before, after in zip(some, some[1:]):
            days = (after["completed_at"].date() - before["completed_at"].date()).days
            gaps[sunday(after["completed_at"])].append(days)
    return (["week", "gaps", "average_days"],
            [[week, len(days), ratio(sum(days), len(days))] for week, days in gaps.items()])


def baskets_by_customer_type_monthly(orders, other):
    def number_of(time):
        return time.year * 12 + time.month

    months = grouped(orders, lambda r: r["user_id"])

    def customer_type(order):
        this = number_of(order["completed_at"])
        near = [o for o in months[order["user_id"]] if this - 2 <= number_of(o["completed_at"]) <= this]
        return "recurring" if len(near) >= 2 else "one_time"

    sales_of_month = Counter()
    for r in orders:
        sales_of_month[month(r["completed_at"])] += r["item_total"]
    rows = []
    for (m, kind), some in grouped(orders, lambda r: (month(r["completed_at"]), customer_type(r))).items():
        sales = total(some, "item_total")
        rows.append([m, kind, len(some), sales, ratio(sales, len(some)), ratio(sales, sales_of_month[m])])
    return ["month", "customer_type", "orders", "sales", "average_basket", "share_of_sales"], rows


def basket_sets(lines):
    return {basket: {r["item"] for r in some} for basket, some in grouped(lines, lambda r: r["basket_id"]).items()}


def basket_sizes(lines, other):
    return ["items", "baskets"], [list(item) for item in Counter(map(len, basket_sets(lines).values())).items()]


def basket_items(lines, other):
    baskets = basket_sets(lines).values()
    counts = Counter(item for basket in baskets for item in basket)
    return ["item", "baskets", "support"], [[i, n, ratio(n, len(baskets))] for i, n in counts.items()]


def basket_pairs(lines, other):
    baskets = basket_sets(lines).values()
    items = Counter(item for basket in baskets for item in basket)
    pairs = Counter()
    for basket in baskets:
        pairs.update(combinations(sorted(basket, key=lambda item: item.encode()), 2))
    rows = []
    for (a, b), n in pairs.items():
        rows.append([a, b, n, ratio(n, len(baskets)), ratio(n, items[a]), ratio(n, items[b]),
                     ratio(n * len(baskets), items[a] * items[b])])
    return ["item_a", "item_b", "baskets", "support", "confidence_a_b", "confidence_b_a", "lift"], rows


def metrics(events, other):
    rows = []
    for group, some in grouped(events, lambda r: (r["datehour"], r["domain"], r["country"])).items():
        row = list(group)
        for kind in ("pageview", "consent.asked", "consent.given"):
            of_kind = [r for r in some if r["type"] == kind]
            row += [len(of_kind), sum(r["purposes"] > 0 for r in of_kind)]
        users = {r["user_id"] for r in some if r["type"] == "pageview"}
        rows.append([*row, ratio(row[3], len(users))])
    return ["datehour", "domain", "user_country", "pageviews", "pageviews_with_consent", "consents_asked",
            "consents_asked_with_consent", "consents_given", "consents_given_with_consent",
            "avg_pageviews_per_user"], rows


def hour(time):
    return time.replace(minute=0, second=0)


def events_by_weather(events, conditions):
    latest = {}
    for w in sorted(conditions, key=lambda w: w["date_time"]):
        latest[w["city"], hour(w["date_time"])] = w["preciptype"] or "dry"
    counts = Counter()
    for e in events:
        city = e["context_timezone"].rsplit("/", 1)[-1]
        at = e["original_timestamp_time"]
        counts[e["event_name"], city, month(at), latest.get((city, hour(at)), "unknown")] += 1
    return ["event_name", "city", "month", "conditions", "events"], [[*k, n] for k, n in counts.items()]


def page_of(film, pages):
    title, date = film["title"].lower(), film["release_date"]
    forms = [f"{title} ({date.year} film)"] if date else []
    for form in [*forms, f"{title} (film)", title]:
        if "wikipedia: " + form in pages:
            return pages["wikipedia: " + form]
    return {"url": None, "abstract": None}


def films_by(measure):
    def report(films, wiki):
        pages = {}
        for page in sorted(wiki, key=lambda p: p["url"].encode(), reverse=True):
            pages[page["title"].lower()] = page
        known = [f for f in films if f["budget"] >= 10_000 and f["revenue"] >= 10_000]
        known.sort(key=lambda f: (-measure(f), f["id"]))
        rows = []
        for rank, film in enumerate(known[:1000], 1):
            page = page_of(film, pages)
            companies = None if film["companies"] is None else "; ".join(film["companies"])
            rows.append([rank, film["title"], film["budget"], film["release_date"] and film["release_date"].year,
                         film["revenue"], film["rating"], ratio(measure(film), 1), companies, page["url"],
                         page["abstract"]])
        return ["rank", "title", "budget", "year", "revenue", "rating", "ratio", "production_companies", "url",
                "abstract"], rows
    return report


def films_per(name):
    def report(films, wiki):
        groups = defaultdict(list)
        for film in films:
            if film["budget"] > 0 and film["revenue"] > 0:
                for each in set(film[name] or ()):
                    groups[each].append(film)
        rows = []
        for each, some in groups.items():
            budget, revenue = sum(f["budget"] for f in some), sum(f["revenue"] for f in some)
            rows.append([each, len(some), budget, revenue, ratio(budget, revenue)])
        return ["name", "films", "budget", "revenue", "ratio"], rows
    return report


REPORTS = {
    "monthly_restaurants_report": bookings_by(
        ["restaurant_id", "restaurant_name", "country", "month"],
        lambda r: (r["restaurant_id"], r["restaurant_name"], r["country"], r["date"].strftime("%Y_%m"))),
    "bookings_by_country": bookings_by(["country"], lambda r: (r["country"],)),
    "bookings_by_calendar_month": bookings_by_calendar_month,
    "monthly_amount_per_guest": monthly_amount_per_guest,
    "orders_monthly": orders_per("month", month),
    "orders_weekly": orders_per("week", sunday),
    "days_between_orders_weekly": days_between_orders_weekly,
    "baskets_by_customer_type_monthly": baskets_by_customer_type_monthly,
    "basket_sizes": basket_sizes,
    "basket_items": basket_items,
    "basket_pairs": basket_pairs,
    "metrics": metrics,
    "events_by_weather": events_by_weather,
    "movie_report": films_by(lambda f: Fraction(f["budget"], f["revenue"])),
    "movie_returns": films_by(lambda f: Fraction(f["revenue"], f["budget"])),
    "top_genres": films_per("genres"),
    "top_production_companies": films_per("companies"),
}
OTHERS = {"track_events": "weather", "movies": "wiki_pages"}


def shown(value):
    """A cell as text: numbers without needless zeros."""
    if value is None:
        return ""
    if isinstance(value, Fraction):
        with decimal.localcontext() as context:
            context.prec = 60
            value = (decimal.Decimal(value.numerator) / value.denominator).normalize()
        return f"{value:f}"
    return str(value)


def comparable(cell):
    return f"{decimal.Decimal(cell).normalize():f}" if NUMBER.fullmatch(cell) else cell


def differences(expected, path):
    """At most ten lines that tell how the CSV file is not the expected rows."""
    with open(path, newline="", encoding="utf-8") as file:
        header, *found = list(csv.reader(file)) or [[]]
    if header != expected[0]:
        return [f"the columns are {header}, not {expected[0]}"]
    found = Counter(tuple(map(comparable, row)) for row in found)
    expected = Counter(tuple(map(comparable, row)) for row in expected[1:])
    lines = [f"has {n} x {row}" for row, n in sorted((found - expected).items())]
    lines += [f"lacks {n} x {row}" for row, n in sorted((expected - found).items())]
    return lines[:10]


def main(arguments):
    dataset, report, *paths = arguments
    compared = None
    if paths[0] == "--equals":
        compared, paths = paths[1], paths[2:]
    others = []
    if "--other" in paths:
        at = paths.index("--other")
        paths, others = paths[:at], paths[at + 1:]
    records, counts = load(dataset, paths)
    if report == "--counts":
        print(json.dumps(counts))
        return
    other = load(OTHERS[dataset], others)[0] if dataset in OTHERS else []
    columns, rows = REPORTS[report](records, other)
    table = [columns, *sorted([shown(cell) for cell in row] for row in rows)]
    if compared is None:
        csv.writer(sys.stdout, lineterminator="\n").writerows(table)
        return
    wrong = differences(table, compared)
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main(sys.argv[1:])

#!/usr/bin/env python3
"""Small, messy files of all datasets, the same for the same seed: new rows, repeated rows, corrections, rows
that do not fit, in several files each whose keys overlap.

  generate.py DIRECTORY SEED ROWS        prints the files' paths below DIRECTORY, a dataset and a path a line
"""
import gzip
import json
import os
import random
import sys
from xml.sax.saxutils import escape


class Files:
    def __init__(self, directory):
        self.directory = directory

    def add(self, dataset, name, content):
        path = os.path.join(self.directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        data = content.encode("utf-8", "surrogateescape")
        if name.endswith(".gz"):
            data = gzip.compress(data, mtime=0)
        with open(path, "wb") as file:
            file.write(data)
        print(dataset, name)


def cell(text):
    quoted = any(c in text for c in ',"\n\r')
    return '"' + text.replace('"', '""') + '"' if quoted else text


def table(rows, line_end="\n"):
    return "".join(",".join(cell(c) for c in row) + line_end for row in rows)


def mixed(dice, make, count, keys, bad):
    """Rows over a few keys: some come twice as they are, some again with another content, some broken."""
    rows = []
    for _ in range(count):
        kind = dice.random()
        if rows and kind < 0.1:
            rows.append(dice.choice(rows))
        elif kind < 0.2:
            rows.append(bad(make(dice.randrange(keys))))
        else:
            rows.append(make(dice.randrange(keys)))
    return rows


def bookings(dice, files, count):
    countries = {"France": "{}-{}-{}", "Italia": "{}/{}/{}", "United Kingdom": "{}/{}/{}"}

    def make(key):
        country = dice.choice(list(countries))
        whole, cents = dice.randrange(1, 300), dice.randrange(100)
        amount = f"£{whole}.{cents:02}" if country == "United Kingdom" else f"{whole},{cents:02}\u00a0€"
        date = countries[country].format(f"{dice.randrange(1, 29):02}", f"{dice.randrange(1, 13):02}", 2017)
        place = dice.randrange(5)
        return [f"b{key}", f"r{place}", f"Chez, «{place}»", "c1", "", amount, str(dice.randrange(9)), date, country]

    def bad(row):
        row[dice.choice([5, 6, 7])] = dice.choice(["", "12.5", "03-21-2015", "2017_01_01", "five", "-1"])
        return row

    header = "booking_id,restaurant_id,restaurant_name,client_id,client_name,amount,guests,date,country".split(",")
    for n in range(2):
        files.add("bookings", f"bookings-{n}.csv", table([header, *mixed(dice, make, count, count, bad)], "\r\n"))


def orders(dice, files, count):
    def make(key):
        time = f"2022-{dice.randrange(5, 10):02}-{dice.randrange(1, 29):02} {dice.randrange(24):02}:{dice.randrange(60):02}"
        return [str(key), str(dice.randrange(count // 4)), time, f"{dice.randrange(1, 9000) / 100:.2f}",
                dice.choice(["2.5", "0.0", "5.0"])]

    def bad(row):
        at = dice.randrange(5)
        row[at] = dice.choice(["", "x", "2022-02-30 10:00", "2022/01/01", "1e"])
        return row

    header = ["id", "user_id", "completed_at", "item_total", "shipment_total"]
    for n in range(7, 10):
        files.add("orders", f"2022_{n:02}.csv", table([header, *mixed(dice, make, count, count, bad)]))


def baskets(dice, files, count):
    items = ["whole milk", "rolls/buns", "other vegetables", "UHT-milk", "pasta, fresh", 'the "best"', "ähnliches"]

    def make(key):
        return [str(key // 3), dice.choice(items)]

    def bad(row):
        return dice.choice([[row[0], ""], ["", row[1]], ["1.5", row[1]], [row[0]], [*row, "more"]])

    for n in range(3):
        files.add("baskets", f"groceries-{n}.csv", table([["basket_id", "item"], *mixed(dice, make, count, count, bad)]))


def consent_events(dice, files, count):
    def make(key):
        def some(names):
            return dice.sample(names, dice.randrange(len(names) + 1))

        token = {"vendors": {"enabled": some(["v1", "v2"]), "disabled": []},
                 "purposes": {"enabled": some(["analytics"]), "disabled": some(["ads"])}}
        return {"id": f"e{key}", "datetime": f"2021-01-23 1{dice.randrange(2)}:{dice.randrange(60):02}:00",
                "domain": dice.choice(["www.a.eu", "my-b.com"]),
                "type": dice.choice(["pageview", "pageview", "consent.asked", "consent.given"]),
                "user": {"id": f"u{dice.randrange(9)}", "country": dice.choice(["FR", "ES", "DE"]),
                         "token": json.dumps(token)}}

    def bad(row):
        kind = dice.randrange(4)
        if kind == 0:
            row["type"] = "consent.lost"
        elif kind == 1:
            row["user"] = dict(row["user"], token=dice.choice(["{}", "none", "[]"]))
        elif kind == 2:
            del row["id"]
        else:
            row["datetime"] = "2021-01-23"
        return row

    for hour in (10, 11):
        for part in range(2):
            rows = mixed(dice, make, count // 2, count, bad)
            files.add("consent_events", f"datehour=2021-01-23-{hour}/part-{hour}-{part:05}.json",
                      "\n".join(json.dumps(row, ensure_ascii=False) for row in rows))


TIERS = ("context_os_version context_os_name context_device_type context_device_model context_device_manufacturer "
         "context_device_id context_app_version context_app_name context_app_build").split()


def lines_with_commas(dice, rows, head=""):
    out = []
    for row in rows:
        line = json.dumps(row, ensure_ascii=False) + ","
        if row.get("broken"):
            line = dice.choice([line[1:], line[: len(line) // 2], '"a text",', line.replace(":", "", 1)])
        out.append(line)
    return head + "\n".join(out) + "\n"


def tier(dice, files, count):
    cities = ["Oslo", "Berlin", "Lisbon"]

    def time(minutes):
        return f"2019-05-{13 + minutes // 1440:02} {minutes // 60 % 24:02}:{minutes % 60:02}:00"

    def event(key):
        at = time(key * 37 % (1440 * 3))
        row = {"segment_tracks." + name: f"x{dice.randrange(2)}" for name in TIERS}
        row.update({"segment_tracks.original_timestamp_time": at, "segment_tracks.event_name": f"E{key % 3}",
                    "segment_tracks.context_timezone": "Europe/" + dice.choice(cities),
                    "segment_tracks.anonymous_id": f"a{key}", "segment_tracks.received_time": at,
                    "segment_tracks.sent_time": at,
                    "segment_tracks.properties_rating": dice.choice([None, None, "1", "5"])})
        return row

    def weather(key):
        row = {"weather_data.date_time": time(key * 23 % (1440 * 3)), "weather_data.city": cities[key % 3],
               "weather_data.currently_preciptype": dice.choice([None, None, "rain", "snow", "sleet"])}
        for name in ("apparenttemperature humidity precipintensity precipprobability temperature visibility "
                     "windspeed").split():
            row["weather_data.currently_" + name] = dice.choice([0, 1, 0.0305, 17.38, -3.5, 0.1])
        return row

    def bad(row):
        row = dict(row)
        name = dice.choice([n for n in row if not n.endswith(("rating", "preciptype"))])
        kind = dice.randrange(3)
        if kind == 0:
            row[name] = None
        elif kind == 1:
            row[name] = {}
        else:
            row["broken"] = True
        return row

    for n in range(2):
        files.add("track_events", f"track_events-{n}.json",
                  lines_with_commas(dice, mixed(dice, event, count, count, bad), "["))
        files.add("weather", f"weather-{n}.json", lines_with_commas(dice, mixed(dice, weather, count, count // 2, bad)))


MOVIE_COLUMNS = ("adult belongs_to_collection budget genres homepage id imdb_id original_language original_title "
                 "overview popularity poster_path production_companies production_countries release_date revenue "
                 "runtime spoken_languages status tagline title video vote_average vote_count").split()


def movies(dice, files, count):
    genres = [{"id": n, "name": name} for n, name in enumerate(["Drama", "Children's", 'The "New" Wave', "Western"])]

    def make(key):
        row = dict.fromkeys(MOVIE_COLUMNS, "")
        year = dice.choice(["", "1995-10-30", "2003-02-01"])
        row.update(adult="False", budget=str(dice.choice([0, 500, 10_000, 30_000_000, dice.randrange(10**8)])),
                   genres=str(dice.sample(genres, dice.randrange(4))), id=str(key), original_title="Titre",
                   overview=dice.choice(["", 'Two lines,\nand a "quote"', "plain"]), popularity=dice.choice(["1.5", "8.2e-05"]),
                   production_companies=str([{"name": f"Company {dice.randrange(6)}", "id": 1}] * dice.randrange(3)),
                   release_date=year, revenue=str(dice.choice([0, 10_000, 20_000_000, dice.randrange(10**9)])),
                   runtime="81.0", title=f"Film Ünder {key % (count // 2)}", video="False",
                   vote_average=dice.choice(["7.7", "", "0.0"]), vote_count=str(dice.randrange(999)))
        return [row[name] for name in MOVIE_COLUMNS]

    def bad(row):
        kind = dice.randrange(3)
        if kind == 0:
            return row[:15]  # the first half of a record that was broken in two
        row = list(row)
        row[MOVIE_COLUMNS.index(dice.choice(["budget", "id", "title"]))] = ""
        if kind == 1:
            row[MOVIE_COLUMNS.index("genres")] = "[{'id': 1, 'name': "
        return row

    for n in range(2):
        files.add("movies", f"movies_metadata-{n}.csv", table([MOVIE_COLUMNS, *mixed(dice, make, count, count, bad)]))

    for n in range(2):
        docs = []
        for key in range(count):
            title = f"film ünder {dice.randrange(count // 2)}"
            title = dice.choice([title, title.title()]) + dice.choice(["", " (film)", " (1995 film)", " (2003 film)"])
            abstract = dice.choice([" <abstract />", f"<abstract>About {key} &amp; &lt;more&gt;</abstract>"])
            links = '<links><sublink linktype="nav"><anchor>A</anchor><link>#A</link></sublink></links>'
            docs.append(f"<doc>\n<title>Wikipedia: {escape(title)}</title>\n"
                        f"<url>https://example.org/{dice.randrange(2 * count)}</url>\n{abstract}\n{links}\n</doc>\n")
        files.add("wiki_pages", f"enwiki-abstract-{n}.xml.gz", "<feed>\n" + "".join(docs) + "</feed>\n")


def main(directory, seed, count):
    files = Files(directory)
    for make in (bookings, orders, baskets, consent_events, tier, movies):
        make(random.Random(f"{make.__name__} {seed}"), files, int(count))


if __name__ == "__main__":
    main(*sys.argv[1:])

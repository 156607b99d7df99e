"""clickhouse-connect against --sql. Every line that fails ends the program with 1."""

import os
from importlib.metadata import version
from urllib.parse import urlparse

import clickhouse_connect
from clickhouse_connect.driver.exceptions import DatabaseError

place = urlparse(os.environ["AICOST_SQL_URL"])


def refusal(client, query):
    try:
        client.query(query)
    except DatabaseError as error:
        return str(error)
    raise AssertionError(f"{query} was answered")


for compress in (False, True, "lz4", "zstd", "gzip", "deflate"):
    client = clickhouse_connect.get_client(
        host=place.hostname, port=place.port, username="anybody", password=os.environ["AICOST_KEY"], compress=compress
    )
    assert client.ping(), compress
    assert str(client.server_tz) == "UTC", client.server_tz
    query = "SELECT number, toString(number), {x:String}, toDecimal128('1.5', 18), map('a', 'b') FROM numbers(100000)"
    rows = client.query(query, parameters={"x": "it's \\"}).result_rows
    assert len(rows) == 100_000 and rows[-1][:3] == (99_999, "99999", "it's \\"), (compress, rows[-1])
    client.command("CREATE TEMPORARY TABLE kept AS SELECT 5 AS n")
    assert client.query("SELECT n FROM kept").result_rows == [(5,)]
    assert client.query("SELECT count() FROM ledger").result_rows == [(0,)]
    assert "Code: 395" in refusal(client, "SELECT throwIf(number = 3000000) FROM numbers(10000000)"), compress
    assert "Code: 46" in refusal(client, "SELECT nofunction()"), compress
    assert "Code: 164" in refusal(client, "CREATE TABLE t (a UInt8) ENGINE = Memory"), compress
    client.close()
print(f"clickhouse-connect {version('clickhouse-connect')} reads")

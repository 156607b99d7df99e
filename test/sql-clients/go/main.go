// clickhouse-go over HTTP against --sql, as Grafana's plugin uses it. The first thing that is wrong ends it with 1.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"runtime/debug"
	"strings"
	"time"

	clickhouse "github.com/ClickHouse/clickhouse-go/v2"
)

func must(ok bool, what ...any) {
	if !ok {
		fmt.Println(what...)
		os.Exit(1)
	}
}

func open(method clickhouse.CompressionMethod) *sql.DB {
	place, err := url.Parse(os.Getenv("AICOST_SQL_URL"))
	must(err == nil, err)
	return clickhouse.OpenDB(&clickhouse.Options{
		Addr:        []string{place.Host},
		Protocol:    clickhouse.HTTP,
		Auth:        clickhouse.Auth{Database: "aicost", Username: "anybody", Password: os.Getenv("AICOST_KEY")},
		Settings:    clickhouse.Settings{"max_execution_time": 60},
		DialTimeout: 10 * time.Second,
		Compression: &clickhouse.Compression{Method: method},
	})
}

// count reads all rows and gives how many there were, and the error that ended them.
func count(db *sql.DB, query string) (int, error) {
	rows, err := db.QueryContext(context.Background(), query)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		n++
	}
	return n, rows.Err()
}

func refused(db *sql.DB, query, code string) {
	_, err := count(db, query)
	must(err != nil && strings.Contains(err.Error(), "Code: "+code), query, err)
}

func main() {
	for _, method := range []clickhouse.CompressionMethod{
		clickhouse.CompressionNone, clickhouse.CompressionLZ4, clickhouse.CompressionZSTD,
		clickhouse.CompressionGZIP, clickhouse.CompressionDeflate, clickhouse.CompressionBrotli,
	} {
		db := open(method)
		must(db.Ping() == nil, method, "ping", db.Ping())
		n, err := count(db, "SELECT number, toString(number), toDecimal128('1.5', 18), now64(9), map('a', 'b'), toLowCardinality('x') FROM numbers(100000)")
		must(n == 100000 && err == nil, method, n, err)
		given := clickhouse.Context(context.Background(), clickhouse.WithParameters(clickhouse.Parameters{"x": "it's"}))
		var told string
		err = db.QueryRowContext(given, "SELECT {x:String}").Scan(&told)
		must(err == nil && told == "it's", method, told, err)
		n, err = count(db, "SELECT * FROM ledger")
		must(n == 0 && err == nil, method, n, err)
		refused(db, "SELECT throwIf(number = 3000000) FROM numbers(10000000)", "395")
		refused(db, "SELECT nofunction()", "46")
		refused(db, "CREATE TABLE t (a UInt8) ENGINE = Memory", "164")
		db.Close()
	}
	fmt.Println("clickhouse-go", version(), "reads")
}

func version() string {
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, module := range build.Deps {
			if module.Path == "github.com/ClickHouse/clickhouse-go/v2" {
				return module.Version
			}
		}
	}
	return "of unknown version"
}

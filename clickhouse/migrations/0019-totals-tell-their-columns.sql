-- Which columns a build of a day summed (docs/decisions/0020): a collector that still runs beside this migration, or beside
-- one to come, knows fewer of them than the table has, and what it does not know stands at 0. Builds of before tell none, and
-- are made again.

ALTER TABLE {database}.cost_day_totals
    ADD COLUMN IF NOT EXISTS summed_columns LowCardinality(String) CODEC(ZSTD(1));

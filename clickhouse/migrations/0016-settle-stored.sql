-- Of each writer the highest batch that passes of settle have looked at, where it went on since the mark before: what a
-- collector stores long after its receipt lies before the newest mark, and is known by its number alone.

ALTER TABLE {database}.settle_marks ADD COLUMN IF NOT EXISTS stored Map(String, UInt64);

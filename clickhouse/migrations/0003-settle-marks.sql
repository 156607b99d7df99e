-- Up to which instant of receipt every span is settled: the newest mark counts.

CREATE TABLE IF NOT EXISTS {database}.settle_marks
(
    through DateTime64(3, 'UTC'),
    recorded_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY through
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 480;

-- Up to which instant of receipt a pass of settle may have looked at traces, whether it came to its end or not.

ALTER TABLE {database}.settle_marks ADD COLUMN IF NOT EXISTS begun DateTime64(3, 'UTC');
